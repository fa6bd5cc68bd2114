module.exports = { presets: [['@babel/preset-env', { targets: { ios: '10' }, modules: false }]] };
