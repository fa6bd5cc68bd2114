// Your collector's address and the write key of `firsthand source add mini --kind miniprogram`.
module.exports = { endpoint: 'http://127.0.0.1:8080', writeKey: 'fh_your_write_key', web: 'https://shop.example.org/h5' };
