// SPDX-License-Identifier: Apache-2.0
// A test class whose functions each have a folder of images of their own, filled by a pretended maker.
#pragma once

#include "fakes/fake_clock.h"
#include "runtimes/image/image.h"

#include <asio/executor_work_guard.hpp>

#include <QObject>
#include <QTemporaryDir>

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace lull::test {

class ImagesTest : public QObject {
  Q_OBJECT

protected:
  struct Changed {
    std::filesystem::path givenRoot{};
    std::filesystem::path maker{};
    std::uint64_t roomBytes = 0;
    Milliseconds endedShown{60'000};
  };
  // The service ends, and begins again.
  void reopen(const Changed& changed);
  void reopen() { reopen(Changed{}); }
  bool until(const std::function<bool()>& so);

  [[nodiscard]] Result<v1::InstallRuntimeReply> install();
  v1::RuntimeWork ended();
  std::string installed();  // its version
  v1::RuntimeWork verified();
  void upgrade(const std::string& version);
  [[nodiscard]] Result<v1::RemoveRuntimeReply> remove(const std::string& which);

  // The maker does what stands in files beside it: version, fail, hang, bare.
  pid_t makersPid();
  [[nodiscard]] std::string calls() const;
  // The folders of the images, in the end.
  bool untilOnly(const std::set<std::string>& wanted);
  [[nodiscard]] std::filesystem::path place(const std::string& name) const;
  void write(const std::filesystem::path& name, std::string_view bytes) const;

  asio::io_context m_loop;
  fakes::FakeClock m_clock;
  bool m_needed = false;
  int m_changes = 0;
  std::function<void()> m_onChange;
  std::unique_ptr<image::Images> m_images;

protected slots:
  void init();
  void cleanup();

private:
  void open();

  std::unique_ptr<QTemporaryDir> m_folder;
  asio::executor_work_guard<asio::io_context::executor_type> m_working = asio::make_work_guard(m_loop);
  image::Options m_options;
};

}  // namespace lull::test
