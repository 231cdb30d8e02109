// SPDX-License-Identifier: Apache-2.0
// Where the programs are that compute tasks and are not Lull's own: on this computer, or in an image, which is a small
// read-only root of its own. Called on the loop's thread; reading and removing whole trees is done on a thread of its
// own, installing by lull-runtime-make, a process of its own.
//
//   <folder>/llama/<version>/   root, manifest.json, files: see manifest.h
//   <folder>/llama/part/        one that is being made
//   <folder>/llama/cache/       packages that were downloaded for it
//   <folder>/llama/gone.N/      one that is being removed
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "lull/v1/envelope.pb.h"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lull::image {

struct Manifest;

struct Programs {
  std::filesystem::path root;        // empty: this computer's own system
  std::string version;               // for people: "llama.cpp 0.7.0, image 20261122-1a2b3c4d"
  std::shared_ptr<const void> held;  // an image stays while this is kept
};

struct Options {
  std::filesystem::path folder{};     // of the images
  std::filesystem::path givenRoot{};  // used rather than anything else; empty: none is given
  std::filesystem::path maker{};      // lull-runtime-make
  std::filesystem::path system{"/"};  // where this computer's own programs are looked for
  std::uint64_t roomBytes = 600'000'000;
  Milliseconds endedShown{60'000};  // how long work that has ended is told of
};
struct Events {
  std::function<void()> changed;  // summary() says something new
  std::function<bool()> needed;   // a task that has not ended wants a runtime
};

class Images {
public:
  template <typename T>
  using Reply = std::function<void(Result<T>)>;

  // Takes up the images there are, and removes what an install that was broken off left, but for its packages.
  [[nodiscard]] static Result<std::unique_ptr<Images>> create(asio::io_context& loop, const Clock& clock,
                                                              Options options, Events events);
  ~Images();  // ends what is under way
  Images(const Images&) = delete;
  Images& operator=(const Images&) = delete;

  // Those of a runtime, "llama". NotFound: nobody has them, Conflict: they are damaged, Unavailable: they are being
  // installed; all say what to do.
  [[nodiscard]] Result<Programs> programs(const std::string& runtime);

  [[nodiscard]] Result<v1::InstallRuntimeReply> install(const v1::InstallRuntimeRequest& request);
  [[nodiscard]] Result<v1::VerifyRuntimeReply> verify(const std::string& which);
  void remove(const std::string& which, Reply<v1::RemoveRuntimeReply> reply);
  [[nodiscard]] v1::ListRuntimesReply list();
  [[nodiscard]] v1::RuntimeStore summary() const;

private:
  struct Image;
  struct Work;
  Images(asio::io_context& loop, const Clock& clock, Options options, Events events);
  [[nodiscard]] Outcome open();
  void lookAtSystem();
  [[nodiscard]] bool usesImages() const;
  // The newest that is whole; null where there is none.
  [[nodiscard]] Image* current() const;
  [[nodiscard]] Image* called(const std::string& which) const;
  [[nodiscard]] std::shared_ptr<const void> hold(Image& image);
  // Older images that nothing uses any more go.
  void dropOld();
  void discard(const std::filesystem::path& path, std::function<void()> done = {});
  [[nodiscard]] v1::Runtime shown(const Image& image) const;
  [[nodiscard]] std::vector<v1::Runtime> all() const;
  [[nodiscard]] std::filesystem::path rootOf(const Image& image) const;
  void note(const Image& image);
  void tell(bool atOnce = true);
  template <typename T>
  void onDisk(std::function<T()> job, std::function<void(T)> done);

  // Work: images_work.cpp
  [[nodiscard]] Outcome mayInstall(const v1::InstallRuntimeRequest& request) const;
  void begin(std::string step);
  void heard(double progress, std::string step);
  void keep();
  [[nodiscard]] std::int64_t timeForNext() const;
  // Made from nothing: what came is what the image `before` is.
  void kept(Result<std::optional<Manifest>> made, const std::string& before);
  void verified(const std::string& version, const Result<std::string>& findings);
  void breakOff();
  void fail(const Error& error);
  void end(v1::RuntimeWork::State state, std::string text);
  [[nodiscard]] std::function<void(double)> progressFrom(double begin);

  asio::io_context& m_loop;
  const Clock& m_clock;
  const Options m_options;
  const Events m_events;
  const std::filesystem::path m_folder;          // of llama's
  v1::Runtime m_system;                          // without a name: this computer has none
  std::filesystem::file_time_type m_systemAsOf;  // of its list of packages
  std::vector<std::unique_ptr<Image>> m_images;  // the newest first
  std::unique_ptr<Work> m_work;
  unsigned m_gone = 0;
  Instant m_told{};
  asio::steady_timer m_endedTimer;
  std::shared_ptr<Images*> m_self;  // gone when the images are: late results then find nobody
  std::atomic<bool> m_stop{false};  // of the work under way
  asio::thread_pool m_disk{1};
};

}  // namespace lull::image
