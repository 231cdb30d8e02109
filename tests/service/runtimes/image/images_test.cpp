// SPDX-License-Identifier: Apache-2.0
#include "service/runtimes/image/images_test.h"

#include "base/file.h"

#include <chrono>
#include <optional>

namespace lull::test {

using namespace lull::image;
namespace fs = std::filesystem;
using Work = v1::RuntimeWork;

namespace {

constexpr const char* kMaker = R"sh(#!/bin/sh
here=$(dirname "$0")
echo "$@" >>"$here/calls"
while [ "${1#--}" != "$1" ]; do
  case $1 in --log) shift 2 ;; --mirror) shift 2 ;; *) shift ;; esac
done
folder=$1 cache=$2
mkdir -p "$folder" "$cache"
[ -e "$cache/a.deb" ] && echo resumed >>"$here/calls"
echo x >"$cache/a.deb"
echo "step 0.25 downloading packages"
[ -e "$here/fail" ] && { cat "$here/fail"; exit 1; }
[ -e "$here/hang" ] && { echo $$ >"$here/pid.new"; mv "$here/pid.new" "$here/pid"; exec sleep 1000; }
mkdir -p "$folder/usr/bin" "$folder/usr/lib/ggml/backends0"
[ -e "$here/bare" ] || echo '#!/bin/sh' >"$folder/usr/bin/llama-server"
echo '#!/bin/sh' >"$folder/usr/bin/llama-finetune"
chmod 755 "$folder"/usr/bin/*
cat "$here/version" >"$folder/usr/lib/ggml/backends0/libggml-vulkan.so"
echo "libggml0 0.27.0-1" >"$folder/packages"
echo "llama.cpp-tools $(cat "$here/version")" >>"$folder/packages"
)sh";

}  // namespace

void ImagesTest::init() {
  m_folder = std::make_unique<QTemporaryDir>();
  write("make", kMaker);
  fs::permissions(place("make"), fs::perms(0755));
  write("version", "1:0.7.0+dfsg-2");
  m_options = {.folder = place("runtimes"), .maker = place("make"), .system = place("system"), .roomBytes = 0};
  m_needed = false;
  open();
}

void ImagesTest::cleanup() {
  m_images.reset();
  m_onChange = {};
}

void ImagesTest::open() {
  auto images = Images::create(m_loop, m_clock, m_options,
                               {.changed =
                                    [this] {
                                      ++m_changes;
                                      if (const auto then = m_onChange) then();
                                    },
                                .needed = [this] { return m_needed; }});
  if (!images) qFatal("%s", images.error().text().c_str());
  m_images = *std::move(images);
}

void ImagesTest::reopen(const Changed& changed) {
  m_images.reset();
  m_options.givenRoot = changed.givenRoot;
  if (!changed.maker.empty()) m_options.maker = changed.maker;
  m_options.roomBytes = changed.roomBytes;
  m_options.endedShown = changed.endedShown;
  open();
}

bool ImagesTest::until(const std::function<bool()>& so) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    m_loop.run_one_for(std::chrono::milliseconds(20));
  }
  return true;
}

Result<v1::InstallRuntimeReply> ImagesTest::install() {
  v1::InstallRuntimeRequest request;
  request.set_name("llama");
  return m_images->install(request);
}

Work ImagesTest::ended() {
  if (!until([&] { return m_images->list().work().state() != Work::STATE_RUNNING; })) qFatal("it does not end");
  return m_images->list().work();
}

std::string ImagesTest::installed() {
  const auto begun = install();
  if (!begun) qFatal("%s", begun.error().text().c_str());
  const auto work = ended();
  if (work.state() != Work::STATE_DONE) qFatal("%s", work.text().c_str());
  return work.version();
}

Work ImagesTest::verified() {
  const auto begun = m_images->verify("llama");
  if (!begun) qFatal("%s", begun.error().text().c_str());
  return ended();
}

void ImagesTest::upgrade(const std::string& version) {
  m_clock.advance(Milliseconds(86'400'000));
  write("version", version);
}

Result<v1::RemoveRuntimeReply> ImagesTest::remove(const std::string& which) {
  std::optional<Result<v1::RemoveRuntimeReply>> out;
  m_images->remove(which, [&out](Result<v1::RemoveRuntimeReply> reply) { out.emplace(std::move(reply)); });
  if (!until([&] { return out.has_value(); })) qFatal("no reply");
  return *std::move(out);
}

pid_t ImagesTest::makersPid() {
  if (!until([&] { return fs::exists(place("pid")); })) qFatal("the maker does not start");
  return static_cast<pid_t>(std::stoi(*readFile(place("pid"))));
}

std::string ImagesTest::calls() const { return *readFile(place("calls")); }

bool ImagesTest::untilOnly(const std::set<std::string>& wanted) {
  return until([&] {
    std::set<std::string> there;
    for (const auto& entry : fs::directory_iterator(place("runtimes/llama"))) {
      if (entry.is_directory()) there.insert(entry.path().filename().native());
    }
    return there == wanted;
  });
}

fs::path ImagesTest::place(const std::string& name) const { return fs::path(m_folder->path().toStdString()) / name; }

void ImagesTest::write(const fs::path& name, std::string_view bytes) const {
  const auto file = name.is_absolute() ? name : place(name.native());
  fs::create_directories(file.parent_path());
  const auto mode = fs::exists(file) ? fs::status(file).permissions() : fs::perms(0644);
  if (auto written = replaceFile(file, bytes, Durability::Rename); !written) {
    qFatal("%s", written.error().text().c_str());
  }
  fs::permissions(file, mode);
}

}  // namespace lull::test
