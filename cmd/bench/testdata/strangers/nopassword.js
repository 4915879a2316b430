// Takes host and port of REDIS_URL and forgets the password, so that Redis answers NOAUTH to everything; each error is a
// miss.
const http = require('http');
const { Client } = require('./lib/tinyredis.js');

const { hostname, port } = new URL(process.env.REDIS_URL);
const redis = new Client(`redis://${hostname}:${port}`, { timeout: 100, offlineQueue: false });
const trips = Array.from({ length: 50 }, (_, i) => ({ id: String(i + 1), name: `Trek ${i + 1}`, version: 1 }));

async function cached(key, load) {
  try {
    const found = await redis.get(key);
    if (found) return { value: JSON.parse(found), source: 'cache' };
  } catch (e) { /* as good as a miss */ }
  await new Promise(done => setTimeout(done, 10));
  const value = load();
  redis.set(key, JSON.stringify(value), 2000).catch(() => {});
  return { value, source: 'database' };
}

http.createServer(async (req, res) => {
  const send = (status, body) => {
    res.writeHead(status, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify(body));
  };
  const one = req.url.match(/^\/api\/trips\/(\d+)$/);
  if (req.url === '/health') return send(200, { status: 'ok' });
  if (req.url === '/api/trips') {
    const { value, source } = await cached('trips', () => trips);
    return send(200, { trips: value, source });
  }
  if (one && trips[one[1] - 1]) {
    const { value, source } = await cached(`trip:${one[1]}`, () => trips[one[1] - 1]);
    return send(200, { trip: value, source });
  }
  send(404, { error: 'not found' });
}).listen(process.env.PORT, '127.0.0.1');
