-- The load: GET with the token in Authorization, as a player behind a proxy would send it. Arguments: a file with one token a
-- line, "forwarded" or "plain", and how many tokens to skip at first. One token makes one request that wrk sends again and
-- again; many are written out before the clock starts and sent in turn.
local requests, at = {}, 0

function init(args)
  local tokens = {}
  for line in io.lines(args[1]) do tokens[#tokens + 1] = line end
  if args[2] == "forwarded" then
    wrk.headers["X-Forwarded-For"] = "198.51.100.23"
    wrk.headers["CF-IPCountry"] = "DE"
  end
  for i, token in ipairs(tokens) do
    wrk.headers["Authorization"] = "Bearer " .. token
    requests[i] = wrk.format()
  end
  if #tokens > 1 then
    at = tonumber(args[3])
    request = function()
      at = at % #requests + 1
      return requests[at]
    end
  end
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    'result {"requests":%d,"micros":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, e.connect, e.read, e.write, e.status, e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
