// A Redis client library in small: one connection that is made again when it is lost, and every command down it at
// once. Options: timeout of a command in ms (none unless asked), offlineQueue: commands wait for the connection (yes
// unless refused).
const net = require('net');

class Client {
  constructor(url, { timeout = 0, offlineQueue = true } = {}) {
    this.url = new URL(url);
    Object.assign(this, { timeout, offlineQueue, ready: false, waiting: [], queue: [], buffer: Buffer.alloc(0) });
    this.onlost = () => {};
    this.connect();
  }

  connect() {
    this.socket = net.connect(Number(this.url.port), this.url.hostname);
    this.socket.setNoDelay(true);
    this.socket.on('connect', () => {
      this.ready = true;
      if (this.url.password) this.write(['AUTH', decodeURIComponent(this.url.password)], { resolve() {}, reject() {} });
      for (const [args, to] of this.queue.splice(0)) this.write(args, to);
    });
    this.socket.on('data', d => this.read(d));
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      const lost = new Error('the connection to Redis was lost');
      const was = this.ready;
      this.ready = false;
      this.buffer = Buffer.alloc(0);
      for (const to of this.waiting.splice(0)) to.reject(lost);
      if (was) this.onlost(lost);
      setTimeout(() => this.connect(), 50);
    });
  }

  write(args, to) {
    this.waiting.push(to);
    this.socket.write(`*${args.length}\r\n` + args.map(a => `$${Buffer.byteLength(String(a))}\r\n${a}\r\n`).join(''));
  }

  do(...args) {
    return new Promise((resolve, reject) => {
      if (this.timeout) setTimeout(() => reject(new Error('Redis did not answer in time')), this.timeout).unref();
      if (this.ready) this.write(args, { resolve, reject });
      else if (this.offlineQueue) this.queue.push([args, { resolve, reject }]);
      else reject(new Error('no connection to Redis'));
    });
  }

  read(data) {
    this.buffer = Buffer.concat([this.buffer, data]);
    for (;;) {
      const end = this.buffer.indexOf('\r\n');
      if (end < 0) return;
      const kind = String.fromCharCode(this.buffer[0]), line = this.buffer.toString('utf8', 1, end);
      let value = line, next = end + 2;
      if (kind === '$' && line === '-1') value = null;
      else if (kind === '$') {
        next += Number(line) + 2;
        if (this.buffer.length < next) return;
        value = this.buffer.toString('utf8', end + 2, next - 2);
      } else if (kind === ':') value = Number(line);
      this.buffer = this.buffer.subarray(next);
      const to = this.waiting.shift();
      if (!to) continue;
      if (kind === '-') to.reject(new Error(line)); else to.resolve(value);
    }
  }

  get(key) { return this.do('GET', key); }
  set(key, value, ms) { return this.do('SET', key, value, 'PX', ms); }
}

module.exports = { Client };
