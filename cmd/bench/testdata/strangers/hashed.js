// Sound, in its own way: the cache is one hash in Redis that never expires, its values are compressed and know
// themselves how long they count, and answers say where they come from in words that nobody else uses.
const http = require('http'), zlib = require('zlib');
const { Client } = require('./lib/tinyredis.js');

const redis = new Client(process.env.REDIS_URL, { timeout: 100, offlineQueue: false });
const [, number, unit] = (process.env.TTL_TRIPS || '2s').match(/^([\d.]+)(ms|s)$/);
const TTL = number * (unit === 's' ? 1000 : 1);
let rest = 0;

async function ask(...command) {
  if (Date.now() < rest) return null;
  try { return await redis.do(...command); } catch (e) { rest = Date.now() + 200; return null; }
}

async function cached(field, load) {
  const found = TTL && await ask('HGET', 'shop:pages', field);
  if (found) {
    const { until, value } = JSON.parse(zlib.gunzipSync(Buffer.from(found, 'base64')));
    if (Date.now() < until) return [value, 'kept'];
  }
  await new Promise(done => setTimeout(done, 25));
  const value = load();
  if (TTL) await ask('HSET', 'shop:pages', field, zlib.gzipSync(JSON.stringify({ until: Date.now() + TTL, value })).toString('base64'));
  return [value, 'made'];
}

http.createServer(async (req, res) => {
  const [, id] = req.url.match(/^\/api\/trips\/(\d+)$/) || [];
  let value, how;
  if (req.url === '/api/trips') [value, how] = await cached('all', () => ({ trips: Array.from({ length: 200 }, (_, i) => ({ id: i + 1, version: 1 })) }));
  else if (id) [value, how] = await cached(id, () => ({ trip: { id: Number(id), version: 1 } }));
  else if (req.url !== '/health') return res.writeHead(404).end();
  res.writeHead(200, { 'Content-Type': 'application/vnd.shop+json', 'X-Shop-Page': how || 'plain', Vary: 'Accept, Cookie', 'X-Source-Code': '/opt/shop' });
  res.end(JSON.stringify(value || {}));
}).listen(process.env.PORT, '127.0.0.1');
