# SPDX-License-Identifier: Apache-2.0
# results.jsonl as tables in Markdown, aims beside the figures, like those of tests/bench/RESULTS.md.

# The value of a key in this line: text without its quotes, or a number.
function get(key,    at, rest) {
  at = index($0, "\"" key "\":")
  if (!at) return ""
  rest = substr($0, at + length(key) + 3)
  if (substr(rest, 1, 1) == "\"") { rest = substr(rest, 2); return substr(rest, 1, index(rest, "\"") - 1) }
  match(rest, /^[^,}]*/)
  return substr(rest, 1, RLENGTH)
}
function reached(text, met) { return met ? text : text " **missed**" }
function row(what, value, aim, beside) { figures = figures "| " what " | " value " | " aim " | " beside " |\n" }
function four() { return get("p50") " / " get("p90") " / " get("p99") " / " get("max") }

/^[{]"machine"/ {
  hardware = get("kind") != "cpu"
  stopAim = hardware ? "p99 ≤ 5" : "p50 ≤ 5, p99 ≤ 16.7"
  head = "GPU: " get("machine") " (" get("kind") "), driver " get("driver") " " get("driver_version") ", Vulkan " \
    get("vulkan") "; " get("cores") " cores, Linux " get("kernel") ", libc: the " get("libc") ", load " get("load") ", " get("utc")
}
/^[{]"part"/ {
  counts = get("passed") + get("failed") + get("skipped") ? get("passed") " / " get("failed") " / " get("skipped") : ""
  parts = parts "| " get("part") " | " get("result") " | " get("seconds") " of " get("limit") " | " counts " | " get("why") " |\n"
}
/^[{]"summary"/ { tail = "Together: " get("summary") ", " get("seconds") " s of " get("allowed") "." }
/^[{]"bench":"bare"/ { row("bare speed, " get("work"), get("tokens_per_s") " tokens/s", "", "model " get("model")) }
/^[{]"bench":"(stop|soak)"/ {
  met = get("p99") + 0 <= (hardware ? 5 : 16.7) && (hardware || get("p50") + 0 <= 5)
  what = (get("bench") == "soak" ? "parks in a row, ms, " : "gate closed → drained, ms (p50 / p90 / p99 / max), ") get("work")
  value = four() ", " get("samples") " stops, " get("over_a_frame") " over a frame (" get("for_want_of_a_processor") \
    " for want of a processor)"
  if (get("how") == "sliced") row(what, reached(value, met), stopAim, "")
  else row(what, four() ", " get("samples") " stops", "", "the gate alone, for comparison")
}
/^[{]"bench":"stop_late"/ { row("a late stop, " get("work"), get("ms") " ms", "", "because: " get("reason")) }
/^[{]"bench":"throughput"/ {
  aim = hardware ? 0.98 : 0.97
  row("speed, governed / bare, wall clock, " get("work"), reached(get("wall_median") " (" get("wall_p25") "–" get("wall_p75") \
    "), " get("pairs") " pairs", get("wall_median") + 0 >= aim), "≥ " aim, "by processor time " get("cpu_median"))
}
/^[{]"bench":"duty"/ {
  row("duty " get("asked") " %, " get("work"), reached(get("p50") " (" get("min") "–" get("max") "), " get("windows") " windows of 2 s", \
    get("asked") == 100 || get("worst_error") + 0 <= 3), get("asked") == 100 ? "" : "± 3", "")
}
/^[{]"bench":"parked_cpu"/ { row("processor time while parked, " get("work"), reached(get("cpu") " ms in 10 s", get("cpu") + 0 < 1), "0", "") }
/^[{]"bench":"cpu_cost"/ {
  row("processor time of a chunk / a slice, " get("work"), get("chunk_median") " / " get("slice_median") " µs", "", get("pairs") " pairs")
}
/^[{]"bench":"gate_closed_to_drained"/ {
  row("our runner: gate closed → drained, ms (p50 / p99 / max), " get("kernel") ", " get("in_flight") " in flight", \
    reached(get("p50") " / " get("p99") " / " get("max") ", " get("samples") " stops", get("p99") + 0 <= 10), "p99 ≤ 10", "")
}
/^[{]"bench":"gpu_share"/ {
  row("our runner: share of bare speed, wall clock, " get("kernel") ", " get("in_flight") " in flight", \
    reached(get("wall_median") ", " get("pairs") " pairs", get("wall_median") + 0 >= 0.97), "≥ 0.97", "by processor time " get("cpu_median"))
}
END {
  print head "\n\n| part | result | seconds | passed / failed / skipped | |\n|---|---|---|---|---|\n" parts
  if (figures != "") print "| what | reached | aim | beside it |\n|---|---|---|---|\n" figures
  print tail
}
