import { defineConfig } from '@tarojs/cli';

export default defineConfig({
  projectName: 'firsthand-taro',
  designWidth: 750,
  sourceRoot: 'src',
  outputRoot: 'dist',
  framework: 'react',
  compiler: 'vite',
  mini: {},
});
