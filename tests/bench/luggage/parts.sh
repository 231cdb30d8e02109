# shellcheck shell=bash disable=SC2154,SC2034  # of run: tree, work, out, results, log, end, only, failed
# SPDX-License-Identifier: Apache-2.0
# There: the parts, in the order of their worth, and the time for each. A part gets a share of what is left by its
# weight, so what one does not need is the others'; benches take fewer samples where time is short.
order=(semantics differential server bare stops throughput duty costs soak kernels more)
declare -A weight=([semantics]=14 [differential]=18 [server]=12 [bare]=3 [stops]=17 [throughput]=17 [duty]=15 [costs]=11
  [soak]=2 [kernels]=7 [more]=1)
chosen=() number=0 running=''

run_parts() {
  local name tests=$tree/build/tests gpu_aims=()
  export LULL_BUILD_DIR=$tree/build LULL_SOURCE_DIR=$tree LULL_LLAMA_ROOT=$tree/root LULL_SYSTEM_LAYERS=$tree/validation
  export LULL_STRANGE_DRIVER=1 QTEST_DISABLE_STACK_DUMP=1
  export TMPDIR=$work/tmp # what parts that are stopped leave goes with it
  mkdir -p "$work/cache" "$TMPDIR"
  is_software || gpu_aims=(--gpu yes)
  for name in "${order[@]}"; do
    [ ${#only[@]} -gt 0 ] && [[ " ${only[*]} " != *" $name "* ]] || chosen+=("$name")
  done
  for name in "${chosen[@]}"; do "part_$name"; done
}

part_semantics() { part semantics "$tests/test_semantics"; }

# Every job with the model of 16 bits: bare twice, then in the modes that try the governor most.
main_modes='adaptive\|gate at random\|one work group per piece'
part_differential() {
  local rows
  mapfile -t rows < <(rows_of F16 '' && rows_of F16 "$main_modes")
  part differential "$tests/test_llama_differential" "${rows[@]}"
}

part_server() {
  part server "$tests/test_llama_server" bareServerAnswersAlikeAlways governedServerAnswersTheSame:adaptive \
    "governedServerAnswersTheSame:gate at random" aParkedServerRestsAndGoesOn
}

# Also chooses the models: what keeps a small GPU busy is nothing to a fast one.
part_bare() {
  part bare "$tests/bench-llama" --only bare
  if [ "$(speed_of 'prefill 64')" -lt 4000 ]; then export LULL_BENCH_MODELS=smaller; fi
  [ "$(speed_of 'prefill 512, medium')" -gt 150000 ] && [ "$(free_mib)" -gt 800 ] || return 0
  export LULL_BENCH_MODELS=larger
  part bare "$tests/bench-llama" --only bare
}

part_stops() { bench stops --samples 200 --alone 40; }
part_throughput() { bench throughput --pairs 7; }
part_duty() { bench duty; }
part_costs() { bench costs --pairs 5; }
part_soak() { bench soak --parks 1000; }
part_kernels() {
  part kernels "$tests/bench-governor" --samples 100 --pairs 5 --seconds "$(seconds_for kernels)"
}

# With the rest of the time: the other modes, and the quantised models. That this does not come to its end is no failure.
part_more() {
  local rows
  mapfile -t rows < <({ rows_of F16 '[^,]*' | grep -v ", \($main_modes\)\$"; } && rows_of 'Q[48].*' "$main_modes")
  part more "$tests/test_llama_differential" "${rows[@]}"
}

# NAME OPTIONS...
bench() { part "$1" "$tests/bench-llama" --only "$1" --seconds "$(seconds_for "$1")" "${gpu_aims[@]}" "${@:2}"; }

# MODELS MODES: the rows "function:job, model, mode" of llama.cpp's comparison; without a mode, the bare ones.
rows_of() {
  "$tests/test_llama_differential" -datatags |
    sed -n "s/^[^ ]* \([^ ]*\) \([a-z]*, $1${2:+, \($2\)}\)$/\1:\2/p"
}

# WORK: what the bare run said, 0 if nothing.
speed_of() {
  sed -n "s/.*\"work\":\"$1\".*\"tokens_per_s\":\([0-9]*\).*/\1/p" "$results" | tail -n 1 | grep . || echo 0
}
free_mib() { df -Pm "$work" | awk 'NR == 2 { print $4 }'; }

# NAME: what a part may take of the time left, in seconds.
limit_of() {
  local name sum=0 counts='' left=$((end - SECONDS))
  for name in "${chosen[@]}"; do
    [ "$name" != "$1" ] || counts=yes
    [ -z "$counts" ] || sum=$((sum + weight[$name]))
  done
  echo $((left * weight[$1] / sum))
}
# What a bench is told: rows that have begun are ended.
seconds_for() { echo $(($(limit_of "$1") * 80 / 100)); }

# NAME COMMAND...
part() {
  local name=$1 limit code=0 begin=$SECONDS part_log=$work/part.log
  limit=$(limit_of "$name")
  shift
  number=$((number + 1))
  if [ "$limit" -lt 5 ]; then
    : >"$work/part.log"
    tell "$name" "left out: no time" "$limit" 0
    return
  fi
  say "[$number] $name, at most $limit s"
  : >"$part_log"
  timeout -k 5 "$limit" "$@" >"$part_log" 2>&1 </dev/null &
  running=$!
  tail -n +1 -s 0.5 -f --pid=$running "$part_log" 2>/dev/null | progress
  wait $running || code=$?
  running=''
  { printf '\n===== %s\n' "$name"; cat "$part_log"; } >>"$log"
  grep '^{' "$part_log" >>"$results" || true
  tell "$name" "$(result_of $code)" "$limit" $((SECONDS - begin))
}

stop_part() { [ -z "$running" ] || kill "$running" 2>/dev/null || true; }

# Lines of Qt Test and of the benches, shortened.
progress() {
  sed -u -n 's/^PASS *: [^:]*::/    passed  /p; s/^FAIL! *: [^:]*::/    FAILED  /p; s/^SKIP *: [^:]*::/    skipped /p
    s/^{\(.*\)}$/    \1/p' | cut -c 1-150 >&2
}

# CODE: the exit code of timeout.
result_of() {
  case $1 in
    0) if grep -q '^SKIP .*the program itself\|^SKIP .*the driver itself' "$work/part.log"; then echo "passed, with skips"; else echo passed; fi ;;
    124 | 137) echo "out of time" ;;
    *) echo "failed ($1)" ;;
  esac
}

# NAME RESULT LIMIT SECONDS
tell() {
  local why=''
  case $1:$2 in
    *:passed* | more:left*) ;;
    "more:out of time") [ "$(count FAIL!)" -eq 0 ] || failed=1 ;;
    *) failed=1 ;;
  esac
  [ "$4" -eq 0 ] || why=$(reasons)
  printf '{"part":"%s","result":"%s","seconds":%d,"limit":%d,"passed":%d,"failed":%d,"skipped":%d,"why":%s}\n' "$1" "$2" \
    "$4" "$3" "$(count PASS)" "$(count FAIL!)" "$(count SKIP)" "$(quoted "$why")" | tee -a "$results" | progress
}
count() { grep -c "^$1 " "$work/part.log" || true; }

# Why rows failed or were skipped, or what a bench said last.
reasons() {
  {
    sed -n 's/^\(SKIP\|FAIL!\) *: [^:]*::\(.*\)$/\2/p' "$work/part.log" | head -n 4
    sed -n '/^bench-/p' "$work/part.log" | tail -n 1
  } | cut -c 1-200 | paste -sd ';' | sed 's/;/; /g'
}
