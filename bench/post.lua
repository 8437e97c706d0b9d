-- Each thread posts its own share of the bodies in the file named by BODIES, once each, and counts what it was answered.
local made = {}
function setup(thread)
  thread:set("number", #made)
  table.insert(made, thread)
end
function init(args)
  lines, at, created, other = {}, 0, 0, 0
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
function response(status)
  if status == 201 then created = created + 1 else other = other + 1 end
end
function done(summary, latency, requests)
  local created, other = 0, summary.errors.read + summary.errors.write + summary.errors.timeout + summary.errors.connect
  for _, thread in ipairs(made) do
    created = created + thread:get("created")
    other = other + thread:get("other")
  end
  io.write(string.format("RESULT %d %d %d %d\n", created, other, summary.duration, latency:percentile(99)))
end
