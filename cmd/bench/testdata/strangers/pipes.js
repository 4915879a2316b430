// A sound service with two calls, a listing and a trip, that never says where its answers come from. All its requests share
// one connection to Redis, and each asks for the value and for its time to live at once.
const http = require('http');
const { Client } = require('./lib/tinyredis');

const ms = text => { const [, n, unit] = /^([\d.]+)(ms|s|m)?$/.exec(text); return n * ({ ms: 1, m: 60000 }[unit] || 1000); };
const TTL = ms(process.env.TTL_TRIPS || '300s');
const DELAY = (process.env.DB_DELAY || '30ms').split('-').map(ms);
const redis = process.env.REDIS_URL && new Client(process.env.REDIS_URL, { timeout: 50, offlineQueue: false });
const memory = new Map();

const query = value => new Promise(done => {
  const [least, most = least] = DELAY;
  setTimeout(() => done(value), least + Math.random() * (most - least));
});

async function cached(key, value) {
  if (!TTL) return query(value);
  try {
    if (!redis) throw new Error('no Redis');
    const [found] = await Promise.all([redis.get(key), redis.do('PTTL', key)]);
    if (found) {
      const kept = JSON.parse(found);
      if (!memory.has(key)) memory.set(key, { value: kept, until: Date.now() + TTL });
      return kept;
    }
  } catch {
    const kept = memory.get(key);
    if (kept && Date.now() < kept.until) return kept.value;
  }
  const loaded = await query(value);
  memory.set(key, { value: loaded, until: Date.now() + TTL });
  if (redis) redis.set(key, JSON.stringify(loaded), TTL).catch(() => {}); // it does not wait for that
  return loaded;
}

const all = Array.from({ length: 500 }, (_, i) => ({ id: String(i + 1), version: 1 }));

http.createServer(async (req, res) => {
  const answer = (status, value) => {
    const body = JSON.stringify(value);
    res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
    res.end(body);
  };
  const [, id] = /^\/api\/trips\/(\d+)$/.exec(req.url) || [];
  if (req.url === '/health') answer(200, { status: 'ok', redis: !redis ? 'unconfigured' : redis.ready ? 'up' : 'down' });
  else if (req.url === '/api/trips') answer(200, { trips: await cached('api:list', all) });
  else if (id) answer(200, { trip: await cached(`api/trip/${id}`, { id, version: 1 }) });
  else answer(404, { error: 'not found' });
}).listen(process.env.PORT, '127.0.0.1');
