// The compiler of uni-app writes for its own edition of this package, and finds npm's where both are installed
require('module-alias').addAlias(
  '@vue/component-compiler-utils',
  '@dcloudio/vue-cli-plugin-uni/packages/@vue/component-compiler-utils',
);

module.exports = {};
