// SPDX-License-Identifier: Apache-2.0
#include "lull/v1/envelope.pb.h"
#include "wire/frame.h"

#include <QTest>

using namespace lull;
using namespace lull::wire;

namespace {

v1::ClientFrame hello(const std::string& client) {
  v1::ClientFrame frame;
  frame.set_id(7);
  frame.mutable_hello()->set_client(client);
  return frame;
}

std::string framed(const google::protobuf::MessageLite& message) {
  std::string bytes;
  return appendFrame(bytes, message) ? bytes : std::string();
}

std::string clientOf(std::string_view bytes) {
  v1::ClientFrame frame;
  return frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ? frame.hello().client() : "unreadable";
}

// A message whose serialised size is exactly `size`.
v1::ServerFrame frameOfSize(std::size_t size) {
  v1::ServerFrame frame;
  auto* data = frame.mutable_read_result()->mutable_data();
  data->assign(size, 'x');
  while (frame.ByteSizeLong() > size) data->pop_back();
  return frame;
}

}  // namespace

class TestFrame : public QObject {
  Q_OBJECT

private slots:
  void wholeFrameAtOnce() {
    FrameReader reader;
    reader.feed(framed(hello("a")));
    auto first = reader.next();
    QVERIFY(first && first->has_value());
    QCOMPARE(clientOf(**first), std::string("a"));
    auto second = reader.next();
    QVERIFY(second && !second->has_value());
    QVERIFY(!reader.hasPartialFrame());
  }

  void byteByByte() {
    const std::string bytes = framed(hello(std::string(300, 'b')));  // a length of two bytes
    FrameReader reader;
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
      reader.feed(bytes.substr(i, 1));
      auto frame = reader.next();
      QVERIFY(frame && !frame->has_value());
      QVERIFY(reader.hasPartialFrame());
    }
    reader.feed(bytes.substr(bytes.size() - 1));
    auto frame = reader.next();
    QVERIFY(frame && frame->has_value());
    QCOMPARE(clientOf(**frame), std::string(300, 'b'));
  }

  void twoFramesAndAHalfInOneFeed() {
    const std::string third = framed(hello("three"));
    FrameReader reader;
    reader.feed(framed(hello("one")) + framed(hello("two")) + third.substr(0, 4));
    auto frame = reader.next();
    QVERIFY(frame && frame->has_value());
    QCOMPARE(clientOf(**frame), std::string("one"));
    frame = reader.next();
    QVERIFY(frame && frame->has_value());
    QCOMPARE(clientOf(**frame), std::string("two"));
    frame = reader.next();
    QVERIFY(frame && !frame->has_value());
    reader.feed(third.substr(4));
    frame = reader.next();
    QVERIFY(frame && frame->has_value());
    QCOMPARE(clientOf(**frame), std::string("three"));
  }

  void emptyFrame() {
    FrameReader reader;
    reader.feed(std::string(1, '\0'));
    auto frame = reader.next();
    QVERIFY(frame && frame->has_value());
    QVERIFY((*frame)->empty());
  }

  void malformedStreams_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("length of five bytes") << QByteArray("\xff\xff\xff\xff\x01", 5);
    QTest::newRow("length that never ends") << QByteArray(64, '\xff');
    QTest::newRow("one byte above the cap") << QByteArray("\x81\x80\x40", 3);
    QTest::newRow("the largest length of four bytes") << QByteArray("\xff\xff\xff\x7f", 4);
  }
  void malformedStreams() {
    QFETCH(QByteArray, bytes);
    FrameReader reader;
    reader.feed({bytes.constData(), static_cast<std::size_t>(bytes.size())});
    auto frame = reader.next();
    QVERIFY(!frame);
    QCOMPARE(frame.error().kind(), Error::Kind::Invalid);
    reader.feed(framed(hello("after")));  // cannot be found again
    QVERIFY(!reader.next());
    QVERIFY(!reader.hasPartialFrame());  // and nothing is kept
  }

  void theCapItselfIsAllowed() {
    const auto largest = frameOfSize(kMaxFrame);
    QCOMPARE(largest.ByteSizeLong(), kMaxFrame);
    const auto bytes = framed(largest);
    FrameReader reader;
    for (std::size_t at = 0; at < bytes.size(); at += 65536) reader.feed(std::string_view(bytes).substr(at, 65536));
    auto frame = reader.next();
    QVERIFY(frame && frame->has_value());
    QCOMPARE((*frame)->size(), kMaxFrame);
  }

  void aboveTheCapIsRefusedAndLeavesTheOutputAlone() {
    v1::ServerFrame tooBig;
    tooBig.mutable_read_result()->mutable_data()->assign(kMaxFrame, 'x');
    std::string out = "before";
    const auto appended = appendFrame(out, tooBig);
    QVERIFY(!appended);
    QCOMPARE(appended.error().kind(), Error::Kind::TooBig);
    QCOMPARE(out, std::string("before"));
    QVERIFY(!appendFrame(out, std::string(kMaxFrame, 'x'), "y"));
    QCOMPARE(out, std::string("before"));
  }

  void twoPartsReadAsTheirMerge() {
    v1::ClientFrame id;
    id.set_id(9);
    v1::ClientFrame body;
    body.mutable_hello()->set_client("parts");
    std::string bytes;
    QVERIFY(appendFrame(bytes, id.SerializeAsString(), body.SerializeAsString()).ok());
    FrameReader reader;
    reader.feed(bytes);
    auto frame = reader.next();
    QVERIFY(frame && frame->has_value());
    v1::ClientFrame merged;
    QVERIFY(merged.ParseFromArray((*frame)->data(), static_cast<int>((*frame)->size())));
    QCOMPARE(merged.id(), 9U);
    QCOMPARE(merged.hello().client(), std::string("parts"));
  }
};

QTEST_GUILESS_MAIN(TestFrame)
#include "test_frame.moc"
