process.env.UNI_OPT_TREESHAKINGNG = process.env.UNI_OPT_TREESHAKINGNG || '';
const plugins = [];
module.exports = { presets: [['@vue/app', { modules: 'commonjs', useBuiltIns: false }]], plugins };
