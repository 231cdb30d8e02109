// SPDX-License-Identifier: Apache-2.0
// Installing and verifying.
#include "base/file.h"
#include "base/log.h"
#include "base/utf8.h"
#include "runtimes/image/finding.h"
#include "runtimes/image/images.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

namespace lull::image {

namespace fs = std::filesystem;
using Told = v1::RuntimeWork;

namespace {

constexpr double kUnpacked = 0.95;  // of an install, when the maker is done

// Nothing but an address: more words would be options of apt's, and some of those switch signatures off.
bool isMirror(const std::string& text) {
  static const std::regex pattern("https?://[A-Za-z0-9.:/_~%@+-]+");
  return std::regex_match(text, pattern);
}

bool samePackages(const v1::Runtime& a, const v1::Runtime& b) {
  return std::ranges::equal(a.packages(), b.packages(), [](const auto& x, const auto& y) {
    return x.name() == y.name() && x.version() == y.version();
  });
}

std::string freeVersion(const fs::path& folder, const std::string& version) {
  std::error_code code;
  std::string out = version;
  for (int i = 2; fs::exists(folder / out, code); ++i) out = fmt::format("{}.{}", version, i);
  return out;
}

// `about` has a name and a time; `before`: what is used now. In place when it returns.
Result<std::optional<Manifest>> takeIn(const fs::path& folder, v1::Runtime about, const v1::Runtime& before,
                                       const Watch& watch) {
  const auto part = folder / kPart;
  if (const auto missing = missingBelow(part / kRoot); !missing.empty()) {
    return Error(Error::Kind::NotFound, fmt::format("{} is not in what Debian has for this computer now", missing));
  }
  const auto packages = packagesOf(part);
  if (!packages) return packages.error();
  *about.mutable_packages() = packages->packages();
  if (samePackages(about, before)) return std::optional<Manifest>();
  about.set_version(freeVersion(folder, versionFor(about)));
  auto sealed = seal(part, std::move(about), watch);
  if (!sealed) return sealed.error();
  const auto place = folder / sealed->about.version();
  std::error_code code;
  fs::rename(part, place, code);
  if (code) return fromErrno(code.value(), "rename", part.native());
  if (auto synced = syncFolder(folder); !synced) return synced.error();
  sealed->about.set_source(v1::Runtime::SOURCE_IMAGE);
  sealed->about.set_place((place / kRoot).native());
  return std::optional(*std::move(sealed));
}

}  // namespace

Outcome Images::mayInstall(const v1::InstallRuntimeRequest& request) const {
  if (request.name() != kLlama) {
    return Error(Error::Kind::NotFound,
                 fmt::format("there is no runtime \"{}\": llama is the one there is", validUtf8(request.name())));
  }
  if (m_work && m_work->runs()) {
    return Error(Error::Kind::Conflict, m_work->checks.empty()
                                            ? "llama is being installed already: lull runtime list tells how it stands"
                                            : "an image is being checked: try again when that is done");
  }
  if (!m_options.givenRoot.empty()) {
    return Error(Error::Kind::Conflict, "the service was started with --llama-root, so an image would not be used");
  }
  if (!m_system.name().empty()) {
    return Error(Error::Kind::Conflict,
                 fmt::format("this computer has {} of its own, and that is used: there is nothing to install",
                             nameOf(m_system)));
  }
  if (!request.mirror().empty() && !isMirror(request.mirror())) {
    return Error(Error::Kind::Invalid, "a mirror is an address that begins with https:// or http://");
  }
  std::error_code code;
  const auto space = fs::space(m_folder, code);
  if (!code && space.available < m_options.roomBytes) {
    return Error(Error::Kind::TooBig,
                 fmt::format("about {} MB are needed on the disk of {}, and {} MB are free",
                             m_options.roomBytes / 1'000'000, m_options.folder.native(), space.available / 1'000'000));
  }
  return {};
}

void Images::begin(std::string step) {
  m_endedTimer.cancel();
  m_stop = false;
  m_work = std::make_unique<Work>();
  auto& told = m_work->told;
  told.set_state(Told::STATE_RUNNING);
  told.set_name(kLlama);
  told.set_step(std::move(step));
}

Result<v1::InstallRuntimeReply> Images::install(const v1::InstallRuntimeRequest& request) {
  lookAtSystem();
  if (auto may = mayInstall(request); !may) return may.error();
  const auto part = m_folder / kPart;
  std::error_code code;
  if (fs::exists(fs::symlink_status(part, code))) discard(part);
  for (const auto& folder : {part, m_folder / kCache}) {
    if (auto made = makePrivateFolder(folder); !made) return made.error();
  }
  auto making = startMaking(m_loop,
                            {.program = m_options.maker,
                             .folder = part / kRoot,
                             .cache = m_folder / kCache,
                             .log = m_folder / "install.log",
                             .mirror = request.mirror(),
                             .allowExpired = request.allow_expired()},
                            {.onStep = [this](Step step) { heard(step.progress, std::move(step.text)); },
                             .onEnd =
                                 [this](const Outcome& made) {
                                   m_work->making.reset();
                                   if (made) return keep();
                                   fail(made.error());
                                 }});
  if (!making) {
    discard(part);
    return making.error();
  }
  log::info("runtimes: llama is being installed");
  begin("starting");
  m_work->making = *std::move(making);
  tell();
  v1::InstallRuntimeReply out;
  *out.mutable_work() = m_work->told;
  return out;
}

void Images::heard(double progress, std::string step) {
  const bool next = step != m_work->told.step();
  m_work->told.set_progress(progress);
  m_work->told.set_step(std::move(step));
  tell(next);
}

// From the disk's thread; `begin`: where the work stood before.
std::function<void(double)> Images::progressFrom(double begin) {
  auto told = std::make_shared<std::chrono::steady_clock::time_point>();
  return [this, begin, told, weak = std::weak_ptr(m_self)](double share) {
    const auto now = std::chrono::steady_clock::now();
    if (now - *told < std::chrono::milliseconds(100)) return;
    *told = now;
    asio::post(m_loop, [this, weak, progress = begin + (1 - begin) * share] {
      if (!weak.expired() && m_work && m_work->runs()) heard(progress, m_work->told.step());
    });
  };
}

void Images::keep() {
  heard(kUnpacked, "noting every file");
  v1::Runtime about;
  about.set_name(kLlama);
  about.set_installed_unix_ms(timeForNext());
  const auto* now = current();
  const auto before = now == nullptr ? v1::Runtime() : now->about();
  onDisk<Result<std::optional<Manifest>>>(
      [this, about, before, progress = progressFrom(kUnpacked)] {
        return takeIn(m_folder, about, before, {m_stop, progress});
      },
      [this, version = before.version()](Result<std::optional<Manifest>> made) { kept(std::move(made), version); });
}

// Images are told apart by their times, and clocks are set back: a new one is newer than all that are there.
std::int64_t Images::timeForNext() const {
  std::int64_t time = m_clock.now().unixMs;
  for (const auto& image : m_images) {
    time = std::max<std::int64_t>(time, image->about().installed_unix_ms() + 1);
  }
  return time;
}

void Images::kept(Result<std::optional<Manifest>> made, const std::string& before) {
  if (!made) return fail(made.error());
  if (!made->has_value()) {
    const auto* now = current();
    if (now == nullptr || now->about().version() != before) {
      return fail(Error(Error::Kind::Unavailable, fmt::format("the image {} was found damaged meanwhile. {}", before,
                                                              "Install it again: lull runtime install llama")));
    }
    discard(m_folder / kCache);
    discard(m_folder / kPart);
    m_work->told.set_version(before);
    return end(Told::STATE_DONE, "there is nothing newer");
  }
  discard(m_folder / kCache);
  const auto& about = (*made)->about;
  log::info("runtimes: {} is installed: image {}", nameOf(about), about.version());
  m_work->told.set_version(about.version());
  m_images.insert(m_images.begin(), std::make_unique<Image>(Image{.manifest = **std::move(made)}));
  end(Told::STATE_DONE, nameOf(m_images.front()->about()) + " is installed");
  dropOld();
}

void Images::breakOff() {
  m_stop = true;
  if (!m_work->making) return;  // what is being noted ends by itself
  m_work->making.reset();
  fail(Error(Error::Kind::Unavailable, {}));
}

void Images::fail(const Error& error) {
  if (m_work->checks.empty()) discard(m_folder / kPart);
  end(Told::STATE_FAILED,
      m_stop ? "it was broken off; what was downloaded is kept, and installing goes on with it" : error.text());
}

void Images::end(Told::State state, std::string text) {
  auto& told = m_work->told;
  told.set_state(state);
  if (state == Told::STATE_DONE) told.set_progress(1);
  told.clear_step();
  told.set_text(validUtf8(text));
  if (state == Told::STATE_FAILED) log::warning("runtimes: {}", text);
  m_endedTimer.expires_after(m_options.endedShown);
  m_endedTimer.async_wait([this, weak = std::weak_ptr(m_self)](const asio::error_code& error) {
    // It may have gone off before it was cancelled: what runs by now is not its own.
    if (error || weak.expired() || !m_work || m_work->runs()) return;
    m_work.reset();
    tell();
  });
  tell();
}

Result<v1::VerifyRuntimeReply> Images::verify(const std::string& which) {
  if (m_work && m_work->runs() && m_work->checks.empty()) {
    return Error(Error::Kind::Conflict, "llama is being installed: try again when that is done");
  }
  const auto* image = called(which);
  if (image == nullptr && which == kLlama && !usesImages()) {
    return Error(Error::Kind::Conflict,
                 "llama is this computer's own, and not an image of Lull's: there is nothing to compare it with");
  }
  if (image == nullptr) {
    return Error(Error::Kind::NotFound,
                 fmt::format("there is no image \"{}\": lull runtime list tells what is there", validUtf8(which)));
  }
  const auto version = image->about().version();
  v1::VerifyRuntimeReply out;
  if (m_work && m_work->runs()) {
    if (m_work->checks != version)
      return Error(Error::Kind::Conflict, "another image is being checked: try again when that is done");
    *out.mutable_work() = m_work->told;
    return out;
  }
  begin("comparing every file");
  m_work->checks = version;
  m_work->told.set_version(version);
  tell();
  onDisk<Result<std::string>>(
      [this, folder = m_folder / version, progress = progressFrom(0)] {
        return compare(folder, {m_stop, progress});
      },
      [this, version](const Result<std::string>& findings) { verified(version, findings); });
  *out.mutable_work() = m_work->told;
  return out;
}

void Images::verified(const std::string& version, const Result<std::string>& findings) {
  auto* image = called(version);
  if (image == nullptr || !findings)
    return fail(findings ? Error(Error::Kind::NotFound, "it is gone") : findings.error());
  if (image->about().trouble() != *findings) {
    image->manifest.about.set_trouble(validUtf8(*findings));
    note(*image);
  }
  if (image->whole()) return end(Told::STATE_DONE, "every file is as it was installed");
  fail(Error(Error::Kind::Io, *findings + ". It is not used any more. Install it again: lull runtime install llama"));
}

}  // namespace lull::image
