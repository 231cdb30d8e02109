// SPDX-License-Identifier: Apache-2.0
#include "cli/governor/told.h"

#include "cli/format.h"
#include "cli/table.h"

#include <fmt/core.h>

#include <cstring>

namespace lull::cli {

namespace {

std::string commandText(const v1::GovernedProgram& program) {
  std::string out;
  for (const auto& word : program.command()) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string memoryText(const v1::GovernedProgram& program) {
  auto out = bytes(program.memory_bytes());
  if (program.memory_limit_bytes() > 0) out += " of at most " + bytes(program.memory_limit_bytes());
  if (program.refused_bytes() > 0) out += ", " + bytes(program.refused_bytes()) + " refused";
  return out;
}

std::string slicesText(const v1::GovernedProgram& program) {
  auto out = fmt::format("{}, sent in {}", count(program.submits(), "submission", "submissions"),
                         count(program.slices(), "slice", "slices"));
  if (program.chunks() > 0) out += "; recordings cut into " + count(program.chunks(), "chunk", "chunks");
  if (program.pieces() > 0) out += "; long work split into " + count(program.pieces(), "piece", "pieces");
  return out;
}

std::string stopsText(const v1::StopLatency& stops) {
  if (stops.count() == 0) return "never asked for";
  return fmt::format("{}: p50 {}, p99 {}, longest {}", count(stops.count(), "time", "times"),
                     milliseconds(stops.p50_ms()), milliseconds(stops.p99_ms()), milliseconds(stops.max_ms()));
}

// What kept the governor from doing its work; empty: nothing.
std::string exceptionsText(const v1::GovernedProgram& program) {
  std::vector<std::string> parts;
  if (program.ungoverned() > 0) {
    parts.push_back(count(program.ungoverned(), "submission", "submissions") + " passed ungoverned");
  }
  if (program.uncut() > 0) {
    parts.push_back(count(program.uncut(), "recording", "recordings") + " could not be cut to the end");
  }
  if (program.unknown_commands() > 0) {
    parts.push_back(count(program.unknown_commands(), "call", "calls") + " of commands the governor does not know");
  }
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

std::string signalText(int signal) {
  const char* name = ::strsignal(signal);
  return fmt::format("was ended by signal {} ({})", signal, name == nullptr ? "unknown" : name);
}

}  // namespace

void fillFrom(const governor::Page& page, v1::GovernedProgram& out) {
  const std::uint32_t duty = page.dutyPercent.load();
  const std::uint64_t slice = page.sliceNs.load();
  out.set_parked(!governor::isOpen(page.gate.load()));
  out.set_duty_percent(duty == 0 ? 100 : duty);
  out.set_memory_limit_bytes(page.memoryLimitBytes.load());
  out.set_slice_ns(slice == 0 ? governor::kDefaultSliceNs : slice);
  out.set_attached(page.attached.load() != 0);
  out.set_devices(page.devices.load());
  out.set_gpu_ns(page.gpuNs.load());
  out.set_memory_bytes(page.memoryBytes.load());
  out.set_refused_bytes(page.refusedBytes.load());
  out.set_submits(page.submits.load());
  out.set_slices(page.slices.load());
  out.set_chunks(page.chunks.load());
  out.set_pieces(page.pieces.load());
  out.set_uncut(page.uncut.load());
  out.set_unknown_commands(page.unknownCommands.load());
  out.set_ungoverned(page.passedUngoverned.load());
  out.set_in_flight(page.inFlight.load());
  for (std::size_t i = 0; i < governor::kStopBuckets; ++i) {
    const std::uint64_t stops = page.stopHistogram[i].load();
    if (stops == 0) continue;
    auto& bucket = *out.mutable_stop_latency()->add_histogram();
    bucket.set_below_ms(static_cast<double>(governor::stopBucketNs(i)) / 1e6);
    bucket.set_count(stops);
  }
}

std::string stateText(const v1::GovernedProgram& program) {
  if (program.parked()) return "parked";
  if (!program.attached()) return program.devices() == 0 ? "no Vulkan device yet" : "no Vulkan device";
  return program.duty_percent() == 100 ? "running" : fmt::format("running at {} % duty", program.duty_percent());
}

std::string programText(const v1::GovernedProgram& program, UnixMs now, const Terminal& terminal) {
  std::string out = terminal.paint(Colour::Bold, harmless(program.name())) +
                    fmt::format(" (process {}): {}, began {}\n", program.pid(), stateText(program),
                                ago(program.since_unix_ms(), now));
  Table table({{}, {}}, Table::LastColumn::Wrap);
  const auto row = [&table](const char* name, std::string text) {
    table.add({{std::string("  ") + name, Colour::Dim}, {std::move(text), Colour::Plain}});
  };
  row("Command", commandText(program));
  row("Duty", fmt::format("{} %", program.duty_percent()));
  row("GPU time", gpuTime(program.gpu_ns()) + ", " + percent(program.gpu_share()) + " of the last second");
  row("GPU memory", memoryText(program));
  row("Work", slicesText(program));
  row("Given back",
      stopsText(program.stop_latency()) + (program.stop_latency().count() == 0
                                               ? std::string()
                                               : ", last " + milliseconds(program.stop_latency().last_ms())));
  if (const auto exceptions = exceptionsText(program); !exceptions.empty()) row("Exceptions", exceptions);
  return out + table.text(terminal);
}

std::string listText(const std::vector<v1::GovernedProgram>& programs, const Terminal& terminal) {
  Table table({{"NAME", Table::Align::Left, 30},
               {"PROCESS", Table::Align::Right},
               {"GPU TIME", Table::Align::Right},
               {"SHARE", Table::Align::Right},
               {"DUTY", Table::Align::Right},
               {"STATE"}});
  for (const auto& program : programs) {
    table.add({{program.name(), Colour::Bold},
               {std::to_string(program.pid()), Colour::Plain},
               {gpuTime(program.gpu_ns()), Colour::Plain},
               {percent(program.gpu_share()), Colour::Plain},
               {fmt::format("{} %", program.duty_percent()), Colour::Plain},
               {stateText(program), program.parked() ? Colour::Yellow : Colour::Plain}});
  }
  return table.text(terminal);
}

std::string givenBackText(const v1::GivenBack& givenBack) {
  switch (givenBack.outcome()) {
    case v1::GivenBack::OUTCOME_DRAINED:
      return "GPU given back in " + milliseconds(givenBack.ms());
    case v1::GivenBack::OUTCOME_NOT_ATTACHED:
      return "it has no Vulkan device under the governor, so there was nothing to give back: " +
             harmless(givenBack.why());
    case v1::GivenBack::OUTCOME_WITHHELD:
      return "the GPU was not given back: " + harmless(givenBack.why());
    default:
      return "it did not tell whether the GPU was given back";
  }
}

std::string howItEnded(const v1::GovernedEnd& end) {
  if (end.killed()) return "did not end when asked and was killed";
  if (end.signal() != 0) return signalText(end.signal());
  return fmt::format("ended with code {}", end.exit_code());
}

std::string endText(const v1::GovernedEnd& end, UnixMs now) {
  const auto& program = end.program();
  auto out = fmt::format("lull: {} {} after {}.", harmless(program.name()), howItEnded(end),
                         milliseconds(static_cast<double>(now - program.since_unix_ms())));
  if (!end.note().empty()) return out + "\nlull: " + end.note() + ".";
  out += fmt::format("\nlull: GPU time {}: {}.", gpuTime(program.gpu_ns()), slicesText(program));
  if (program.stop_latency().count() > 0) {
    out += fmt::format("\nlull: GPU given back {}.", stopsText(program.stop_latency()));
  }
  if (program.refused_bytes() > 0) {
    out += fmt::format("\nlull: {} of GPU memory refused beyond the limit.", bytes(program.refused_bytes()));
  }
  if (const auto exceptions = exceptionsText(program); !exceptions.empty()) out += "\nlull: " + exceptions + ".";
  return out;
}

}  // namespace lull::cli
