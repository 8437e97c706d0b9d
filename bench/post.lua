-- Each thread posts its own share of the bodies in the file named by BODIES, once each.
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end
function init(args)
  lines, at = {}, 0
  local n = 0
  for line in io.lines(os.getenv("BODIES")) do
    if n % 2 == number then lines[#lines + 1] = line end
    n = n + 1
  end
end
function request()
  at = at + 1
  return wrk.format("POST", "/api/v1/feedback", {["Content-Type"] = "application/json"}, lines[(at - 1) % #lines + 1])
end
bad = 0
function response(status) if status >= 300 or status == 200 then bad = bad + 1 end end
function done(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %d\n", summary.requests, summary.duration, summary.errors.status + summary.errors.read + summary.errors.timeout + summary.errors.connect, latency:percentile(99)))
end
