const path = require('node:path');
const MpxWebpackPlugin = require('@mpxjs/webpack-plugin');

const here = (name) => path.resolve(__dirname, name);

module.exports = {
  mode: 'production',
  entry: { app: here('src/app.mpx') },
  output: { path: here('dist'), publicPath: '/', filename: '[name].js', clean: true },
  node: { global: true },
  performance: { hints: false },
  module: {
    rules: [
      { test: /\.mpx$/, use: MpxWebpackPlugin.loader({ loaders: {} }) },
      { test: /\.js$/, loader: 'babel-loader', include: [here('src'), here('node_modules/@mpxjs')] },
      { test: /\.json$/, resourceQuery: /asScript/, type: 'javascript/auto' },
      { test: /\.wxml$/, use: MpxWebpackPlugin.wxmlLoader() },
      { test: /\.(wxs|qs|sjs|filter\.js)$/, use: [MpxWebpackPlugin.wxsPreLoader()], enforce: 'pre' },
    ],
  },
  resolve: { extensions: ['.mpx', '.js', '.wxml'], modules: ['node_modules'] },
  plugins: [
    new MpxWebpackPlugin({ mode: 'wx', srcMode: 'wx', hackResolveBuildDependencies: () => {} }),
  ],
};
