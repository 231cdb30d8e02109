// SPDX-License-Identifier: Apache-2.0
// From a closed gate until all work is done, at random moments while the program works.
#include "bench/llama/workload.h"

#include <cstdio>
#include <random>
#include <thread>

namespace lull::bench {

namespace {

using namespace std::chrono_literals;
constexpr double kFrameMs = 16.7;

struct Stop {
  double ms = 0;
  double sinceStartS = 0;
  std::uint64_t inFlight = 0;  // slices, when the gate was closed
  std::uint64_t pieces = 0;    // cut while it was open
};

struct Stops {
  std::vector<Stop> all;
  std::uint64_t idle = 0;  // nothing was in flight: not counted among them
};

class Parks {
public:
  Parks(const Workload& work, bool sliced)
      : m_program(start(work, sliced)), m_begin(std::chrono::steady_clock::now()) {}

  // Until its first use of each shader is over: a driver compiles then, and nobody can stop that.
  void warmUp(std::chrono::milliseconds time) {
    m_page.open();
    while (m_page.page().submits.load() < 4) living();
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) living();
  }

  void park(Stops& out) {
    auto& page = m_page.page();
    m_page.open();
    const std::uint64_t pieces = page.pieces.load();
    std::this_thread::sleep_for(std::chrono::microseconds(15'000 + m_random() % 50'000));
    const std::uint64_t flying = page.inFlight.load();
    const std::uint32_t word = m_page.close();
    if (!m_page.waitDrained(word, 60s)) die("a gate was closed and not acknowledged within a minute");
    const double ms = static_cast<double>(page.drainedAtNs.load() - page.gateChangedNs.load()) / 1e6;
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - m_begin;
    if (flying == 0) {
      ++out.idle;
    } else {
      out.all.push_back({ms, since.count(), flying, page.pieces.load() - pieces});
    }
    living();
  }

  [[nodiscard]] const governor::Page& page() { return m_page.page(); }

private:
  llama::Launch start(const Workload& work, bool sliced) {
    auto launch = launchOf(work, kForEver);
    launch.page = &m_page;
    m_page.page().leaveWhole.store(sliced ? 0 : 1);
    return launch;
  }
  void living() {
    if (m_program.waitExit(1ms)) die("llama-bench ended: " + m_program.errors());
  }

  fakes::ServicePage m_page;
  std::mt19937 m_random{1};
  llama::Program m_program;
  std::chrono::steady_clock::time_point m_begin;
};

void print(const char* bench, const Workload& work, const char* how, const Stops& stops) {
  std::vector<double> ms;
  std::size_t late = 0;
  for (const auto& stop : stops.all) {
    ms.push_back(stop.ms);
    if (stop.ms > kFrameMs) ++late;
  }
  std::printf(
      "{\"bench\":\"%s\",\"work\":\"%s\",\"how\":\"%s\",\"unit\":\"ms\",\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,"
      "\"max\":%.2f,\"samples\":%zu,\"over_a_frame\":%zu,\"idle\":%llu,\"aim\":\"p50<=5, p99<=16.7\"}\n",
      bench, work.name, how, percentile(ms, 0.5), percentile(ms, 0.9), percentile(ms, 0.99), percentile(ms, 1),
      ms.size(), late, static_cast<unsigned long long>(stops.idle));
  std::fflush(stdout);
}

void stopsOf(const Workload& work, bool sliced, std::size_t samples) {
  Stops stops;
  Parks parks(work, sliced);
  parks.warmUp(sliced ? 4s : 2s);
  while (stops.all.size() < samples) parks.park(stops);
  print("stop", work, sliced ? "sliced" : "gate alone", stops);
}

}  // namespace

void benchStops(const Options& options) {
  for (const auto& work : {kDecode, kPrefill512, kPrefill64, kPrefill16}) {
    stopsOf(work, true, options.samples);
    stopsOf(work, false, options.samples);
  }
  stopsOf(kPrefill512Medium, true, options.samples);
}

void benchSoak(const Options& options) {
  Stops stops;
  Parks parks(kPrefill64, true);
  parks.warmUp(0s);  // first uses are part of it
  while (stops.all.size() + stops.idle < options.parks) parks.park(stops);
  print("soak", kPrefill64, "sliced", stops);
  for (const auto& stop : stops.all) {
    if (stop.ms <= kFrameMs) continue;
    std::printf("{\"bench\":\"soak_late\",\"ms\":%.1f,\"at_s\":%.2f,\"in_flight\":%llu,\"pieces\":%llu}\n", stop.ms,
                stop.sinceStartS, static_cast<unsigned long long>(stop.inFlight),
                static_cast<unsigned long long>(stop.pieces));
  }
  std::printf("{\"bench\":\"soak_histogram\",\"unit\":\"stops shorter than ms\"");
  for (std::size_t i = 0; i < governor::kStopBuckets; ++i) {
    const auto count = parks.page().stopHistogram[i].load();
    if (count == 0) continue;
    std::printf(",\"%.2f\":%llu", static_cast<double>(governor::stopBucketNs(i)) / 1e6,
                static_cast<unsigned long long>(count));
  }
  std::printf("}\n");
  std::fflush(stdout);
}

}  // namespace lull::bench
