// SPDX-License-Identifier: Apache-2.0
#include "runtimes/image/image.h"

#include "base/file.h"
#include "base/log.h"
#include "base/remove_tree.h"
#include "runtimes/image/finding.h"
#include "runtimes/image/images.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

namespace lull::image {

namespace fs = std::filesystem;

namespace {

constexpr auto kTellEvery = std::chrono::milliseconds(250);
constexpr auto kKeepPackages = std::chrono::hours(7 * 24);
constexpr const char* kInstallIt = "Install it again: lull runtime install llama";

Error unknown(const std::string& runtime) {
  return Error(Error::Kind::NotFound, fmt::format("there is no runtime \"{}\": llama is the one there is", runtime));
}

}  // namespace

Result<std::unique_ptr<Images>> Images::create(asio::io_context& loop, const Clock& clock, Options options,
                                               Events events) {
  std::unique_ptr<Images> images(new Images(loop, clock, std::move(options), std::move(events)));
  if (auto opened = images->open(); !opened) return opened.error();
  return images;
}

Images::Images(asio::io_context& loop, const Clock& clock, Options options, Events events)
    : m_loop(loop),
      m_clock(clock),
      m_options(std::move(options)),
      m_events(std::move(events)),
      m_folder(m_options.folder / kLlama),
      m_endedTimer(loop),
      m_self(std::make_shared<Images*>(this)) {
  // Whole trees are read and removed there, and nobody waits for that.
  asio::post(m_disk, [] { ::setpriority(PRIO_PROCESS, 0, 19); });
}

Images::~Images() {
  m_stop = true;
  m_self.reset();
  m_work.reset();
  m_disk.join();
}

Outcome Images::open() {
  for (const auto& folder : {m_options.folder, m_folder}) {
    if (auto made = makePrivateFolder(folder); !made) return made;
  }
  std::vector<fs::path> left;
  std::error_code code;
  for (fs::directory_iterator it(m_folder, code), end; !code && it != end; it.increment(code)) {
    const auto name = it->path().filename().native();
    if (isVersion(name)) {
      if (auto manifest = readManifest(it->path())) {
        m_images.push_back(std::make_unique<Image>(Image{.manifest = *std::move(manifest)}));
        continue;
      }
      log::warning("runtimes: the image {} has no manifest that can be read: it is removed", name);
    }
    const bool fresh = fs::file_time_type::clock::now() - it->last_write_time(code) < kKeepPackages;
    const bool stays = it->is_regular_file(code) || (name == kCache && fresh);
    if (!stays) left.push_back(it->path());
  }
  if (code) return fromErrno(code.value(), "read", m_folder.native());
  for (const auto& path : left) discard(path);
  std::ranges::sort(m_images, std::ranges::greater(),
                    [](const auto& image) { return image->about().installed_unix_ms(); });
  lookAtSystem();
  dropOld();
  return {};
}

// Installed or removed by its owner at any time.
void Images::lookAtSystem() {
  std::error_code code;
  const auto asOf = fs::last_write_time(m_options.system / "var/lib/dpkg/status", code);
  const bool there = missingBelow(m_options.system).empty();
  if (there != m_system.name().empty() && asOf == m_systemAsOf) return;
  m_systemAsOf = asOf;
  m_system.Clear();
  if (!there) return;
  m_system.set_name(kLlama);
  m_system.set_source(v1::Runtime::SOURCE_SYSTEM);
  m_system.set_place(m_options.system.native());
  for (auto& package : installedPackages(m_options.system)) {
    if (package.name().starts_with("llama.cpp")) m_system.set_version(package.version());
    *m_system.add_packages() = std::move(package);
  }
}

bool Images::usesImages() const { return m_options.givenRoot.empty() && m_system.name().empty(); }

Images::Image* Images::current() const {
  const auto found = std::ranges::find_if(m_images, [](const auto& image) { return image->whole(); });
  return found == m_images.end() ? nullptr : found->get();
}

Images::Image* Images::called(const std::string& which) const {
  if (which == kLlama) {
    if (auto* image = current()) return image;
    return m_images.empty() ? nullptr : m_images.front().get();
  }
  const auto found = std::ranges::find(m_images, which, [](const auto& image) { return image->about().version(); });
  return found == m_images.end() ? nullptr : found->get();
}

fs::path Images::rootOf(const Image& image) const { return m_folder / image.about().version() / kRoot; }

std::shared_ptr<const void> Images::hold(Image& image) {
  auto held = image.held.lock();
  if (held) return held;
  held = std::shared_ptr<const void>(this, [&loop = m_loop, weak = std::weak_ptr(m_self)](const void*) {
    asio::post(loop, [weak] {
      const auto self = weak.lock();
      if (!self) return;
      (*self)->dropOld();
      (*self)->tell();
    });
  });
  image.held = held;
  return held;
}

Result<Programs> Images::programs(const std::string& runtime) {
  if (runtime != kLlama) return unknown(runtime);
  if (!m_options.givenRoot.empty()) {
    return Programs{.root = m_options.givenRoot, .version = "llama.cpp in " + m_options.givenRoot.native(), .held = {}};
  }
  lookAtSystem();
  if (!m_system.name().empty())
    return Programs{.root = {}, .version = nameOf(m_system) + ", this computer's own", .held = {}};
  while (auto* image = current()) {
    const auto missing = missingBelow(rootOf(*image));
    if (missing.empty()) {
      return Programs{.root = rootOf(*image),
                      .version = fmt::format("{}, image {}", nameOf(image->about()), image->about().version()),
                      .held = hold(*image)};
    }
    image->manifest.about.set_trouble(missing + " is missing");
    note(*image);
  }
  if (m_work && m_work->runs() && m_work->checks.empty()) {
    return Error(Error::Kind::Unavailable, "llama is being installed: try again when that is done (lull runtime list)");
  }
  if (!m_images.empty()) {
    const auto& about = m_images.front()->about();
    return Error(Error::Kind::Conflict,
                 fmt::format("llama's image {} is damaged: {}. {}", about.version(), about.trouble(), kInstallIt));
  }
  return Error(Error::Kind::NotFound, "llama is not on this computer. Install it: lull runtime install llama");
}

void Images::note(const Image& image) {
  log::warning("runtimes: the image {}: {}", image.about().version(),
               image.whole() ? std::string("is whole") : image.about().trouble());
  const auto folder = m_folder / image.about().version();
  onDisk<Outcome>([folder, manifest = image.manifest] { return writeManifest(folder, manifest); },
                  [](const Outcome& written) {
                    if (!written) log::warning("runtimes: {}", written.error().text());
                  });
  tell();
}

void Images::dropOld() {
  const auto* newest = current();
  if (newest == nullptr) return;
  const auto isOld = [&](const auto& image) {
    const bool checked = m_work && m_work->runs() && m_work->checks == image->about().version();
    return image->about().installed_unix_ms() < newest->about().installed_unix_ms() && !image->inUse() && !checked;
  };
  for (const auto& image : m_images) {
    if (!isOld(image)) continue;
    log::info("runtimes: the image {} is removed: {} is newer", image->about().version(), newest->about().version());
    discard(m_folder / image->about().version());
  }
  std::erase_if(m_images, isOld);
}

// At once for whoever looks, and from the disk when that has been done.
void Images::discard(const fs::path& path, std::function<void()> done) {
  std::error_code code;
  fs::path gone;
  do gone = m_folder / fmt::format("gone.{}", ++m_gone);
  while (fs::exists(fs::symlink_status(gone, code)));
  fs::rename(path, gone, code);
  if (code) gone = path;
  onDisk<Outcome>([gone] { return removeTree(gone); },
                  [done = std::move(done)](const Outcome& removed) {
                    if (!removed) log::warning("runtimes: {}", removed.error().text());
                    if (done) done();
                  });
}

void Images::remove(const std::string& which, Reply<v1::RemoveRuntimeReply> reply) {
  if (which == kInstall) {
    if (!m_work || !m_work->runs() || !m_work->checks.empty()) {
      return reply(Error(Error::Kind::NotFound, "nothing is being installed"));
    }
    v1::RemoveRuntimeReply out;
    out.mutable_runtime()->set_name(kLlama);
    breakOff();
    return reply(std::move(out));
  }
  auto* image = called(which);
  if (image == nullptr && which == kLlama && !usesImages()) {
    return reply(Error(Error::Kind::Conflict, "llama is this computer's own, and not Lull's to remove"));
  }
  if (image == nullptr) {
    return reply(Error(Error::Kind::NotFound,
                       fmt::format("there is no image \"{}\": lull runtime list tells what is there", which)));
  }
  if (m_work && m_work->runs() && m_work->checks == image->about().version()) {
    return reply(Error(Error::Kind::Conflict, "the image is being checked: try again when that is done"));
  }
  if (m_work && m_work->runs() && m_work->checks.empty() && image == current()) {
    return reply(
        Error(Error::Kind::Conflict,
              "a newer one is being installed, and this one is used until then: try again when that is done, or "
              "break the install off (lull runtime remove install)"));
  }
  if (image->inUse() || (image == current() && usesImages() && m_events.needed())) {
    return reply(Error(Error::Kind::Conflict, "a task needs it: cancel it first (lull tasks lists them)"));
  }
  v1::RemoveRuntimeReply out;
  *out.mutable_runtime() = shown(*image);
  log::info("runtimes: the image {} is removed", image->about().version());
  discard(m_folder / image->about().version(), [reply = std::move(reply), out] { reply(out); });
  std::erase_if(m_images, [image](const auto& each) { return each.get() == image; });
  tell();
}

v1::Runtime Images::shown(const Image& image) const {
  auto out = image.about();
  out.set_current(usesImages() && &image == current());
  out.set_in_use(image.inUse());
  return out;
}

std::vector<v1::Runtime> Images::all() const {
  std::vector<v1::Runtime> out;
  if (!m_options.givenRoot.empty()) {
    v1::Runtime given;
    given.set_name(kLlama);
    given.set_source(v1::Runtime::SOURCE_SYSTEM);
    given.set_place(m_options.givenRoot.native());
    out.push_back(std::move(given));
  }
  if (!m_system.name().empty()) out.push_back(m_system);
  if (!out.empty()) out.front().set_current(true);
  for (const auto& image : m_images) out.push_back(shown(*image));
  std::stable_partition(out.begin(), out.end(), [](const auto& runtime) { return runtime.current(); });
  return out;
}

v1::ListRuntimesReply Images::list() {
  lookAtSystem();
  v1::ListRuntimesReply out;
  for (auto& runtime : all()) *out.add_runtimes() = std::move(runtime);
  if (m_work) *out.mutable_work() = m_work->told;
  return out;
}

v1::RuntimeStore Images::summary() const {
  v1::RuntimeStore out;
  for (auto& runtime : all()) {
    runtime.clear_packages();
    *out.add_runtimes() = std::move(runtime);
  }
  if (m_work) *out.mutable_work() = m_work->told;
  return out;
}

// Progress is told now and then, everything else at once.
void Images::tell(bool atOnce) {
  const auto now = m_clock.now().instant;
  if (!atOnce && now - m_told < kTellEvery) return;
  m_told = now;
  m_events.changed();
}

}  // namespace lull::image
