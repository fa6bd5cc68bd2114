// For `node --require`: compilers of frameworks ask their makers for news and tell them about this machine. A test does not.
const https = require('node:https');
const { EventEmitter } = require('node:events');

https.request = () => Object.assign(new EventEmitter(), { write() {}, end() {}, setTimeout() {}, destroy() {} });
https.get = https.request;
