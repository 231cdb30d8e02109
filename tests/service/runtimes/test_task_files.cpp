// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.h"
#include "runtimes/task_files.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>
#include <optional>

using namespace lull;
namespace fs = std::filesystem;

class TestTaskFiles : public QObject {
  Q_OBJECT

private slots:
  void init() {
    m_dir = std::make_unique<QTemporaryDir>();
    m_loop = std::make_unique<asio::io_context>();
    auto made = runtimes::TaskFiles::create(*m_loop, root());
    QVERIFY(made.ok());
    m_files = std::move(*made);
  }
  void cleanup() {
    m_files.reset();
    m_loop.reset();
    m_dir.reset();
  }

  void aBlobArrivesInChunks() {
    const std::string bytes = noise(1'300'000);
    QVERIFY(!put(1, bytes, 0, 500'000)->complete());
    QCOMPARE(put(1, bytes, 500'000, 500'000)->next_offset(), 1'000'000U);
    QVERIFY(put(1, bytes, 1'000'000, 300'000)->complete());
    QCOMPARE(*sha256OfFile(m_files->blobFolder() / sha256(bytes)), sha256(bytes));
    QVERIFY(put(2, bytes, 0, 0)->complete());  // told at once when it is there
  }

  void wrongBytesAreRefusedAndLeaveNothing() {
    const std::string bytes = noise(1000);
    auto request = chunk(bytes, 0, 1000);
    request.set_sha256(sha256("something else"));
    const auto reply = send(1, request);
    QVERIFY(!reply.ok());
    QCOMPARE(reply.error().kind(), Error::Kind::Invalid);
    QVERIFY(fs::is_empty(m_files->blobFolder()));
    QVERIFY(fs::is_empty(root() / "uploads"));
  }

  void outOfOrderIsRefused() {
    const std::string bytes = noise(1000);
    QVERIFY(put(1, bytes, 0, 300).ok());
    QVERIFY(!put(1, bytes, 600, 300).ok());
    QVERIFY(put(1, bytes, 0, 1000)->complete());  // and can begin again
  }

  void aPathIsNoHash() {
    auto request = chunk("x", 0, 1);
    request.set_sha256("../../../../tmp/x");
    QVERIFY(!send(1, request).ok());
  }

  void anUploadIsForgottenWithItsConnection() {
    const std::string bytes = noise(1000);
    QVERIFY(put(1, bytes, 0, 300).ok());
    QVERIFY(!fs::is_empty(root() / "uploads"));
    m_files->forgetConnection(1);
    settle();
    QVERIFY(fs::is_empty(root() / "uploads"));
  }

  void theQuotaHolds() {
    m_files->setQuota(1000);
    QVERIFY(put(1, noise(600), 0, 600)->complete());
    const auto refused = put(1, noise(500), 0, 500);
    QVERIFY(!refused.ok());
    QCOMPARE(refused.error().kind(), Error::Kind::TooBig);
    QVERIFY(refused.error().text().find("tasks.max_storage") != std::string::npos);
    QCOMPARE(prepare("t-1", {}, 500).error().kind(), Error::Kind::TooBig);  // what it will write counts as well
    QVERIFY(prepare("t-1", {}, 300).ok());
  }

  void aMissingInputIsNamed() {
    const auto missing = sha256("missing");
    const auto prepared = prepare("t-1", {missing});
    QCOMPARE(prepared.error().kind(), Error::Kind::NotFound);
    QVERIFY(prepared.error().text().find(missing) != std::string::npos);
    QVERIFY(prepare("t-1", {}).ok());
    QVERIFY(fs::is_directory(m_files->outFolder("t-1")));
  }

  void aResultIsReadInChunks() {
    QVERIFY(prepare("t-1", {}).ok());
    const std::string bytes = noise(1'200'000);
    std::ofstream(m_files->outFolder("t-1") / "r.bin") << bytes;
    v1::Output output;
    output.set_name("r.bin");
    output.set_size(bytes.size());
    std::string got;
    while (got.size() < bytes.size()) {
      auto reply = read("t-1", output, got.size());
      QVERIFY(reply.ok());
      QVERIFY(!reply->data().empty() && reply->data().size() <= 512 * 1024);
      got += reply->data();
    }
    QVERIFY(got == bytes);
    QVERIFY(read("t-1", output, bytes.size())->data().empty());
  }

  void aDamagedResultIsSaid() {
    QVERIFY(prepare("t-1", {}).ok());
    std::ofstream(m_files->outFolder("t-1") / "r.bin") << "short";
    v1::Output output;
    output.set_name("r.bin");
    output.set_size(4096);
    QCOMPARE(read("t-1", output, 0).error().kind(), Error::Kind::Io);
    output.set_name("gone.bin");
    QCOMPARE(read("t-1", output, 0).error().kind(), Error::Kind::NotFound);
    // Nor what a worker may have put there to have other files read, or to have us wait.
    std::ofstream(root() / "secret") << "secret";
    fs::create_symlink(root() / "secret", m_files->outFolder("t-1") / "gone.bin");
    QCOMPARE(read("t-1", output, 0).error().kind(), Error::Kind::Io);
    fs::remove(m_files->outFolder("t-1") / "gone.bin");
    QCOMPARE(::mkfifo((m_files->outFolder("t-1") / "gone.bin").c_str(), 0600), 0);
    QCOMPARE(read("t-1", output, 0).error().kind(), Error::Kind::Io);
  }

  void whatEndsIsCleared() {
    QVERIFY(prepare("t-1", {}).ok());
    QVERIFY(prepare("t-2", {}).ok());
    m_files->taskEnded("t-1", true);
    m_files->taskEnded("t-2", false);
    settle();
    QVERIFY(!fs::exists(m_files->workFolder("t-1")) && fs::exists(m_files->outFolder("t-1")));
    QVERIFY(!fs::exists(root() / "tasks" / "t-2"));
  }

  void oldBlobsWithoutATaskGoAndFreshOnesStay() {
    QVERIFY(put(1, "old and used", 0, 12)->complete());
    QVERIFY(put(1, "old, unused!", 0, 12)->complete());
    for (const auto& entry : fs::directory_iterator(m_files->blobFolder())) {
      fs::last_write_time(entry.path(), fs::file_time_type::clock::now() - std::chrono::hours(1));
    }
    QVERIFY(put(1, "fresh, unused", 0, 13)->complete());
    m_files->collectBlobs({sha256("old and used")});
    settle();
    QVERIFY(fs::exists(m_files->blobFolder() / sha256("old and used")));
    QVERIFY(fs::exists(m_files->blobFolder() / sha256("fresh, unused")));
    QVERIFY(!fs::exists(m_files->blobFolder() / sha256("old, unused!")));
  }

private:
  fs::path root() const { return m_dir->path().toStdString(); }
  static std::string noise(std::size_t size) {
    std::string out(size, '\0');
    std::uint32_t state = 12345;
    for (auto& c : out) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24U);
    return out;
  }
  static v1::PutBlobRequest chunk(const std::string& bytes, std::size_t offset, std::size_t length) {
    v1::PutBlobRequest request;
    request.set_sha256(sha256(bytes));
    request.set_size(bytes.size());
    request.set_offset(offset);
    request.set_data(bytes.substr(offset, length));
    return request;
  }
  template <typename T, typename Begin>
  T wait(Begin begin) {
    std::optional<T> got;
    begin([&got](T result) { got = std::move(result); });
    auto work = asio::make_work_guard(*m_loop);
    m_loop->restart();
    while (!got && m_loop->run_one_for(std::chrono::seconds(30)) > 0) {
    }
    if (!got) qFatal("no reply within 30 s");
    return std::move(*got);
  }
  Result<v1::PutBlobReply> send(std::uint64_t connection, const v1::PutBlobRequest& request) {
    return wait<Result<v1::PutBlobReply>>([&](auto reply) { m_files->putBlob(connection, request, reply); });
  }
  Result<v1::PutBlobReply> put(std::uint64_t connection, const std::string& bytes, std::size_t offset,
                               std::size_t length) {
    return send(connection, chunk(bytes, offset, length));
  }
  Outcome prepare(const std::string& task, std::vector<std::string> blobs, std::uint64_t bytes = 0) {
    return wait<Outcome>([&](auto reply) { m_files->prepare({.task = task, .blobs = blobs, .bytes = bytes}, reply); });
  }
  Result<v1::ReadResultReply> read(const std::string& task, const v1::Output& output, std::uint64_t offset) {
    v1::ReadResultRequest request;
    request.set_offset(offset);
    return wait<Result<v1::ReadResultReply>>([&](auto reply) { m_files->read(task, output, request, reply); });
  }
  // The disk thread works in order: when a later request is answered, earlier ones are done.
  void settle() { QVERIFY(prepare("t-settle", {}).ok()); }

  std::unique_ptr<QTemporaryDir> m_dir;
  std::unique_ptr<asio::io_context> m_loop;
  std::unique_ptr<runtimes::TaskFiles> m_files;
};

QTEST_GUILESS_MAIN(TestTaskFiles)
#include "test_task_files.moc"
