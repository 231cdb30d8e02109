// SPDX-License-Identifier: Apache-2.0
// Workers that are shell scripts: they open no GPU and say only what they are written to say.
#pragma once

#include "runtimes/workers.h"

#include <QTemporaryDir>
#include <QtGlobal>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace lull::test {

inline constexpr auto kScriptPatience = std::chrono::seconds(60);

class Scripted {
public:
  explicit Scripted(const std::string& script) : m_program(written(script)) {}

  // What every sandbox begins with; without it there is none.
  void offerSandbox() const {
    const std::filesystem::path build = qEnvironmentVariable("LULL_BUILD_DIR").toStdString();
    std::filesystem::create_symlink(build / "bin/lull-inside", folder() / "lull-inside");
  }
  [[nodiscard]] runtimes::WorkerOrder order() const {
    runtimes::WorkerOrder order;
    order.task = "t-1";
    order.session = "t-1.a";
    for (auto* place : {&order.blobFolder, &order.workFolder, &order.outFolder}) *place = folder();
    return order;
  }
  [[nodiscard]] Outcome start(bool sandboxRequired = true) {
    auto made = order();
    made.sandboxRequired = sandboxRequired;
    return m_workers.start(std::move(made));
  }
  [[nodiscard]] Outcome startOnProcessor(std::uint32_t threads = 1) {
    auto made = order();
    made.gpu = "cpu";
    made.model = runtimes::ModelOrder{.file = m_program, .onProcessor = true, .threads = threads};
    return m_workers.start(std::move(made));
  }
  // Until such a report comes.
  template <typename Report>
  [[nodiscard]] bool hears() {
    return waitFor([this] { return heard<Report>() > 0; });
  }
  template <typename Report>
  [[nodiscard]] std::size_t heard() const {
    std::size_t count = 0;
    for (const auto& report : m_reports) count += std::holds_alternative<Report>(report) ? 1 : 0;
    return count;
  }
  [[nodiscard]] bool waitFor(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + kScriptPatience;
    while (!condition() && std::chrono::steady_clock::now() < end) m_loop.run_one_for(std::chrono::milliseconds(20));
    return condition();
  }
  // Lives for as long, whatever happens.
  void liveFor(std::chrono::milliseconds span) {
    const auto end = std::chrono::steady_clock::now() + span;
    while (std::chrono::steady_clock::now() < end) m_loop.run_one_for(std::chrono::milliseconds(5));
  }
  [[nodiscard]] runtimes::WorkerFigures figures() const { return *m_workers.figures("t-1"); }
  [[nodiscard]] const std::vector<model::WorkerReport>& reports() const { return m_reports; }
  [[nodiscard]] runtimes::Workers& workers() { return m_workers; }
  [[nodiscard]] std::filesystem::path folder() const { return m_folder.path().toStdString(); }

private:
  [[nodiscard]] std::filesystem::path written(const std::string& script) const {
    const auto file = folder() / "worker";
    std::ofstream(file) << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file;
  }

  QTemporaryDir m_folder;
  const std::filesystem::path m_program;
  SystemClock m_clock;
  asio::io_context m_loop;
  std::vector<model::WorkerReport> m_reports;
  runtimes::Workers m_workers{m_loop,
                              m_clock,
                              {.spirvProgram = m_program,
                               .llamaProgram = m_program,
                               .layerFolder = folder(),
                               .pages = folder(),
                               .shaderCache = folder()},
                              [this](model::WorkerReport report) { m_reports.push_back(std::move(report)); }};
};

}  // namespace lull::test
