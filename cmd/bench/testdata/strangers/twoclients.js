// The cache's client gives up after 100 ms. The client that counts visits came later, and waits for ever.
const http = require('http');
const { Client } = require('./lib/tinyredis.js');

const cache = new Client(process.env.REDIS_URL, { timeout: 100, offlineQueue: false });
const counter = new Client(process.env.REDIS_URL, { offlineQueue: false });
const trips = Array.from({ length: 50 }, (_, i) => ({ id: String(i + 1), version: 1 }));

async function cached(key, load) {
  const found = await cache.get(key).catch(() => null);
  if (found) return [JSON.parse(found), 'redis'];
  const value = load();
  await cache.set(key, JSON.stringify(value), 2000).catch(() => {});
  return [value, 'database'];
}

http.createServer(async (req, res) => {
  const send = (status, body, source) => {
    res.writeHead(status, { 'Content-Type': 'application/json', ...(source && { 'X-Source': source }) });
    res.end(JSON.stringify(source ? { ...body, source: source === 'redis' ? 'cache' : source } : body));
  };
  if (req.url === '/health') return send(200, { status: 'ok' });
  const one = req.url.match(/^\/api\/trips\/(\d+)$/);
  if (req.url !== '/api/trips' && !(one && trips[one[1] - 1])) return send(404, { error: 'not found' });
  await counter.do('INCR', 'visits').catch(() => {});
  if (!one) {
    const [value, source] = await cached('trips', () => trips);
    return send(200, { trips: value }, source);
  }
  const [value, source] = await cached('trip:' + one[1], () => trips[one[1] - 1]);
  send(200, { trip: value }, source);
}).listen(process.env.PORT, '127.0.0.1');
