-- Varying bodies for wrk: EVENTS events each, of the shape that the web SDK sends. Ids, elements, pages and people differ.
-- 400 bodies in turn, so their contexts come back (8,000 of them at 20 events). CONTEXTS=never gives each request a session
-- that was never there: with 20 pages in a batch no context is ever met again, which is worse than any real traffic.
local never = os.getenv("CONTEXTS") == "never"
local events = tonumber(os.getenv("EVENTS") or "20")
local key = os.getenv("WRITE_KEY") or "key"
local bodies, kinds, count = {}, 400, 0
local agents = {
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Linux; Android 14; 23127PN0CC) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0",
}

local function event(n, person)
  return string.format(
    '{"type":"track","messageId":"01a201f8-%04x-7c63-9%03x-%012x","timestamp":"%s","anonymousId":"0193a1b2-7c3d-7e4f-8a5b-%012x",' ..
    '"event":"$click","properties":{"tag":"button","selector":"main > div:nth-of-type(%d) > button","name":"add-to-cart",' ..
    '"text":"Add to cart","x":%d,"y":%d,"sku":"A-%d","price":19.9},"context":{"library":{"name":"@firsthand/web","version":"0.1.0"},' ..
    '"page":{"url":"https://shop.example/p/%d","path":"/p/%d","title":"Blue shoes","referrer":"https://shop.example/"},' ..
    '"locale":"zh-CN","timezone":"Asia/Shanghai","screen":{"width":1440,"height":900,"density":2},' ..
    '"viewport":{"width":1400,"height":800},"network":"4g","sessionId":"0193a1b2-7c3d-7e4f-8a5b-%012x","seq":%d,' ..
    '"consent":{"categoryPreferences":{"analytics":true,"marketing":false}}}}',
    n % 65536, n % 4096, n, os.date("!%Y-%m-%dT%H:%M:%S.120Z"), person, n % 9 + 1, n % 1400, n % 800, n % 5000,
    n % 300, n % 300, person, n)
end

-- The body cut at the session ids, so that a new one costs one concatenation
local function pieces(body)
  local found, at = {}, 1
  while true do
    local first, last = body:find('"sessionId":"0193a1b2-7c3d-7e4f-8a5b-', at, true)
    if not first then break end
    found[#found + 1] = body:sub(at, last)
    at = last + 13
  end
  found[#found + 1] = body:sub(at)
  return found
end

local function with_new_session(i)
  return wrk.format("POST", "/v1/batch", { ["Content-Type"] = "text/plain", ["User-Agent"] = agents[i % 4 + 1] },
    table.concat(bodies[i], string.format("%012x", count)))
end

function request()
  count = count + 1
  local i = count % kinds + 1
  if never and bodies[i] then return with_new_session(i) end
  if not bodies[i] then
    local list = {}
    for e = 1, events do list[e] = event(count * events + e, i) end
    local body = '{"batch":[' .. table.concat(list, ",") .. '],"writeKey":"' .. key .. '","sentAt":"' .. os.date("!%Y-%m-%dT%H:%M:%S.200Z") .. '"}'
    if never then
      bodies[i] = pieces(body)
      return with_new_session(i)
    end
    bodies[i] = wrk.format("POST", "/v1/batch", { ["Content-Type"] = "text/plain", ["User-Agent"] = agents[i % 4 + 1] }, body)
  end
  return bodies[i]
end

function done(summary, latency, requests)
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout
  io.write(string.format('RESULT {"requests":%d,"seconds":%.3f,"p50":%.3f,"p99":%.3f,"errors":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, errors))
end
