// SPDX-License-Identifier: Apache-2.0
// Whatever a client asks and does not read, it costs bounded memory.
#include "base/file.h"
#include "base/log.h"
#include "fakes/served.h"

#include <QTest>

#include <thread>

using namespace lull;
using test::Served;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // the sanitizers' own memory would be measured
#else
constexpr bool kSanitized = false;
#endif

std::size_t residentBytes() {
  const auto bytes = readFile("/proc/self/statm");
  if (!bytes) return 0;
  const auto second = bytes->find(' ');
  return std::stoul(bytes->substr(second + 1)) * 4096;
}

bool grewByLess(std::size_t before, std::size_t limit) { return kSanitized || residentBytes() < before + limit; }

constexpr std::size_t kMiB = 1024 * 1024;

}  // namespace

class TestBounds : public QObject {
  Q_OBJECT

private slots:
  void aResultOfOneGiBNeedsNoGiB() {
    Served served;
    served.on([&] { served.requests().resultSize = 1024 * kMiB; });
    auto client = served.client();
    QVERIFY(client.call(v1::ReadResultRequest()).ok());
    const auto before = residentBytes();
    v1::ReadResultRequest request;
    for (std::uint64_t offset = 0; offset < 1024 * kMiB; offset += 16 * wire::kMaxChunk) {
      request.set_offset(offset);
      const auto reply = client.call(request);
      QVERIFY(reply.ok());
      QCOMPARE(reply->size(), 1024 * kMiB);
      QCOMPARE(reply->data().size(), wire::kMaxChunk);
      for (std::uint64_t i = 0; i < wire::kMaxChunk; i += 4093) {
        QCOMPARE(reply->data()[i], test::resultByte(offset + i));
      }
      QVERIFY(grewByLess(before, 16 * kMiB));
    }
    request.set_offset(1024 * kMiB);
    QCOMPARE(client.call(request)->data().size(), 0U);
  }

  // 1 GiB of chunks asked for at once and never read: a few are made, the other requests wait.
  void aClientThatNeverReadsItsResult() {
    Served served;
    served.on([&] { served.requests().resultSize = 1024 * kMiB; });
    auto client = served.client();
    const auto before = residentBytes();
    std::string flood;
    for (std::uint64_t i = 0; i < 2048; ++i) {
      v1::ClientFrame frame;
      frame.set_id(i + 100);
      frame.mutable_read_result()->set_offset(i * wire::kMaxChunk);
      QVERIFY(wire::appendFrame(flood, frame).ok());
    }
    QCOMPARE(client.sendSome(flood), flood.size());
    auto other = served.client();
    for (int i = 0; i < 500; ++i) QVERIFY(other.call(v1::GetStatusRequest()).ok());
    QVERIFY2(served.requests().handled <= 4, QByteArray::number(served.requests().handled.load()));
    QVERIFY(grewByLess(before, 16 * kMiB));
    // And when it reads after all, everything comes, in order.
    for (std::uint64_t i = 0; i < 64; ++i) {
      const auto frame = client.nextFrame();
      QVERIFY(frame.ok() && frame->has_read_result());
      QCOMPARE(frame->id(), i + 100);
      QCOMPARE(frame->read_result().data()[5], test::resultByte(i * wire::kMaxChunk + 5));
    }
  }

  void aWatcherThatNeverReads() {
    Served served({.limits = {.statusInterval = Milliseconds(0)}});
    auto client = served.client();
    QVERIFY(client.call(v1::WatchStatusRequest()).ok());
    const auto before = residentBytes();
    constexpr int kSteps = 10'000;
    v1::Status status;
    served.on([&] {
      for (int i = 1; i <= kSteps; ++i) {
        status.set_done(static_cast<std::uint64_t>(i));
        status.set_sentence(std::string(4000, static_cast<char>('a' + i % 26)) + std::to_string(i));
        if (i % 100 == 0) status.set_failed(static_cast<std::uint64_t>(i));
        served.requests().publish(status);
      }
    });
    QVERIFY(grewByLess(before, 16 * kMiB));
    v1::Status shown;
    int events = 0;
    for (; shown.done() != kSteps; ++events) {
      const auto frame = client.nextEvent();
      QVERIFY(frame.ok() && frame->has_status_event());
      wire::apply(shown, frame->status_event());
    }
    QVERIFY2(events < kSteps / 10, QByteArray::number(events));  // what fits into the socket, then one merged
    QCOMPARE(shown.SerializeAsString(), status.SerializeAsString());
  }

  void aFollowerThatNeverReads() {
    Served served;
    auto client = served.client();
    v1::TailLogRequest request;
    request.set_follow(true);
    QVERIFY(client.call(request).ok());
    const auto before = residentBytes();
    constexpr std::uint64_t kLines = 20'000;
    for (std::uint64_t i = 1; i <= kLines; ++i) log::info("{} {}", i, std::string(900, 'x'));
    QVERIFY(grewByLess(before, 16 * kMiB));
    std::uint64_t seen = 0;
    std::uint64_t lost = 0;
    while (seen + lost < kLines) {
      const auto frame = client.nextEvent();
      QVERIFY(frame.ok() && frame->has_log_event());
      lost += frame->log_event().lost();
      for (const auto& line : frame->log_event().lines()) {
        ++seen;
        QVERIFY(line.text().starts_with(std::to_string(seen + lost) + " "));  // told exactly what is missing
      }
    }
    QCOMPARE(seen + lost, kLines);
  }

  void aQueueBeyondItsLimitEndsTheClient() {
    Served served({.limits = {.queued = 64 * 1024}});
    auto greedy = served.client();
    QVERIFY(greedy.send(v1::ReadResultRequest()).ok());
    QVERIFY(greedy.closedWithin());
    QVERIFY(served.client().call(v1::GetStatusRequest()).ok());
  }
};

QTEST_GUILESS_MAIN(TestBounds)
#include "test_bounds.moc"
