// Sound: after an error it leaves Redis alone for a second, and keeps at most 500 values of its own meanwhile. Its
// instances share a folder, in which each change of a trip is a byte. It says HIT and MISS, and no more.
const http = require('http'), fs = require('fs'), path = require('path');
const { Client } = require('./lib/tinyredis.js');

const redis = process.env.REDIS_URL && new Client(process.env.REDIS_URL, { timeout: 80, offlineQueue: false });
const changes = path.join(path.dirname(process.env.SQLITE_PATH), 'changes');
fs.mkdirSync(changes, { recursive: true });
const own = new Map();
let openUntil = 0, queries = 0;

const ms = (text, otherwise) => {
  const [, number, unit] = (text || otherwise).match(/^([\d.]+)(ms|s)$/);
  return number * (unit === 's' ? 1000 : 1);
};
const delay = text => {
  const [least, most] = text.split('-').map(d => ms(d));
  return new Promise(done => setTimeout(done, least + Math.random() * ((most || least) - least)));
};
const ttl = { trip: ms(process.env.TTL_TRIPS, '300s'), user: ms(process.env.TTL_PROFILES, '300s'), advice: ms(process.env.TTL_AI, '3600s') };

async function ask(...command) {
  if (!redis || Date.now() < openUntil) throw new Error('no Redis');
  try { return await redis.do(...command); } catch (e) { openUntil = Date.now() + 1000; throw e; }
}

function keep(key, value, life) {
  own.delete(key);
  own.set(key, { value, until: Date.now() + life });
  if (own.size > 500) own.delete(own.keys().next().value);
}

const running = new Map();
function once(key, load) { // those who ask for the same thing wait for the same load
  if (!running.has(key)) running.set(key, load().finally(() => running.delete(key)));
  return running.get(key);
}

async function cached(key, life, wait, load) {
  if (!life) { await delay(wait); return [load(), 'MISS']; }
  try {
    const found = await ask('GET', key);
    if (found) return [JSON.parse(found), 'HIT'];
  } catch (e) {
    const kept = own.get(key);
    if (kept && Date.now() < kept.until) return [kept.value, 'HIT'];
  }
  return [await once(key, async () => {
    await delay(wait);
    const value = load();
    keep(key, value, life);
    await ask('SET', key, JSON.stringify(value), 'PX', life).catch(() => {});
    return value;
  }), 'MISS'];
}

const file = id => path.join(changes, id);
const tripOf = id => ({ id, version: 1 + (fs.existsSync(file(id)) ? fs.statSync(file(id)).size : 0) });
const database = load => () => { queries++; return load(); };

async function page(method, url) {
  const [, kind, id] = url.match(/^\/api\/(trips|users|recommendations)\/(\w+)$/) || [];
  if (url === '/health') return [{ status: 'ok', redis: !redis ? 'unconfigured' : redis.ready && Date.now() >= openUntil ? 'up' : 'down' }];
  if (url === '/api/trips') return cached('trips', ttl.trip, process.env.DB_DELAY || '20ms', database(() => ({ trips: Array.from({ length: 500 }, (_, i) => tripOf(String(i + 1))) })));
  if (kind === 'trips' && method === 'PUT') {
    fs.appendFileSync(file(id), '.');
    const trip = tripOf(id);
    own.delete('trips');
    own.delete('trip:' + id);
    await ask('DEL', 'trips', 'trip:' + id).catch(() => {});
    return [{ trip }];
  }
  if (kind === 'trips') return cached('trip:' + id, ttl.trip, process.env.DB_DELAY || '20ms', database(() => ({ trip: tripOf(id) })));
  if (kind === 'users') return cached('user:' + id, ttl.user, process.env.DB_DELAY || '20ms', database(() => ({ user: { id } })));
  if (kind === 'recommendations') return cached('advice:' + id, ttl.advice, process.env.AI_DELAY || '20ms', () => ({ userId: id, recommendations: ['Annapurna'] }));
}

http.createServer(async (req, res) => {
  req.resume();
  if (req.url === '/metrics') return res.end(`trips_db_queries_total ${queries}\n`);
  const [body, how] = await page(req.method, req.url) || [];
  if (!body) return res.writeHead(404).end();
  res.writeHead(200, { 'Content-Type': 'application/json', ...how && { 'X-Cache': how, Age: '0' } }).end(JSON.stringify(body));
}).listen(process.env.PORT, '127.0.0.1');
