// SPDX-License-Identifier: Apache-2.0
// Which model is meant, which goes, and which fits.
#include "base/sha256.h"
#include "models/catalogue.h"
#include "models/fit.h"
#include "models/names.h"

#include <QTest>

using namespace lull;
using namespace lull::models;

namespace {

v1::Model model(const std::string& name, const std::string& hash, std::uint64_t bytes, std::int64_t used) {
  v1::Model out;
  out.set_name(name);
  out.set_sha256(hash + std::string(64 - hash.size(), '0'));
  out.set_bytes(bytes);
  out.set_used_unix_ms(used);
  return out;
}

// Qwen2.5 7B, Q4_K_M, as its file says.
v1::ModelHeader sevenBillion() {
  v1::ModelHeader out;
  out.set_tensor_bytes(4'677'120'000);
  out.set_layer_bytes(4'010'000'000);
  out.set_layers(28);
  out.set_embedding(3584);
  out.set_heads(28);
  out.set_key_heads(4);
  out.set_key_heads_in_all(112);
  out.set_key_length(128);
  out.set_value_length(128);
  out.set_context_length(32'768);
  out.set_vocabulary(152'064);
  return out;
}

}  // namespace

class TestCatalogue : public QObject {
  Q_OBJECT

private slots:
  void whichIsMeant() {
    Catalogue all;
    QCOMPARE(all.find("", "").error().kind(), Error::Kind::NotFound);
    all.put(model("qwen", "aaaa1", 1, 0));
    QCOMPARE(*all.find("", ""), all.byName().front()->sha256());
    all.put(model("llama", "aaaa2", 1, 0));
    all.put(model("abcd", "bbbb", 1, 0));
    all.put(model("twice", "abcd1", 1, 0));
    all.put(model("twice", "abcd2", 1, 0));
    QCOMPARE(all.at(*all.find("qwen", ""))->name(), std::string("qwen"));
    QCOMPARE(all.at(*all.find("aaaa1", ""))->name(), std::string("qwen"));
    QCOMPARE(all.at(*all.find("aaaa2" + std::string(59, '0'), ""))->name(), std::string("llama"));
    QCOMPARE(all.at(*all.find("abcd", ""))->name(), std::string("abcd"));  // a name before a hash
    QCOMPARE(all.find("aaaa", "").error().kind(), Error::Kind::Conflict);
    QCOMPARE(all.find("bbb", "").error().kind(), Error::Kind::NotFound);  // too short for a hash
    const auto twice = all.find("twice", "");
    QCOMPARE(twice.error().kind(), Error::Kind::Conflict);
    QVERIFY(twice.error().text().find("abcd10000000") != std::string::npos);
    QCOMPARE(all.find("", "").error().kind(), Error::Kind::Invalid);
    QCOMPARE(all.at(*all.find("", "llama"))->name(), std::string("llama"));
    QCOMPARE(all.find("", "gone").error().kind(), Error::Kind::NotFound);
    QVERIFY(all.find("", "gone").error().text().find("lull model default") != std::string::npos);
    QCOMPARE(all.usualHash("gone"), std::string());
    QVERIFY(all.find("nonsense", "").error().text().find("qwen") != std::string::npos);
  }

  void whichGoes() {
    Catalogue all;
    all.put(model("old", "a", 10, 1));
    all.put(model("new", "b", 10, 3));
    all.put(model("middle", "c", 10, 2));
    const auto names = [&](std::uint64_t bytes, const std::set<std::string>& kept) {
      std::string out;
      for (const auto& sha256 : all.toFree(bytes, kept)) out += all.at(sha256)->name() + " ";
      return out;
    };
    QCOMPARE(names(0, {}), std::string());
    QCOMPARE(names(1, {}), std::string("old "));
    QCOMPARE(names(10, {}), std::string("old "));
    QCOMPARE(names(11, {}), std::string("old middle "));
    QCOMPARE(names(30, {}), std::string("old middle new "));
    QCOMPARE(names(31, {}), std::string());  // all would not be enough: none goes
    QCOMPARE(names(11, {all.byName().back()->sha256()}), std::string("middle new "));
    // One that was never used counts from when it came.
    auto fresh = model("fresh", "d", 10, 0);
    fresh.set_added_unix_ms(9);
    all.put(fresh);
    QCOMPARE(names(31, {}), std::string("old middle new fresh "));
  }

  void fits() {
    const auto header = sevenBillion();
    // Keys and values: 112 heads of 256 numbers of two bytes.
    const auto memory = memoryOf(header);
    QCOMPARE(memory.cachePerToken, std::uint64_t{57'344});
    const auto large = fitOf(header, 24'000'000'000);
    QCOMPARE(large.layers_on_gpu(), 28U);
    QCOMPARE(large.most_context(), 32'768U);
    QVERIFY2(large.text().starts_with("fits: needs about 5."), large.text().c_str());
    const auto small = fitOf(header, 3'000'000'000);
    QVERIFY(small.layers_on_gpu() > 8 && small.layers_on_gpu() < 20);
    QCOMPARE(small.most_context(), 0U);
    QVERIFY2(small.text().starts_with("does not fit: needs about 4.9 GB with a context of 512 tokens"),
             small.text().c_str());
    const auto layers = "3.0 GB (" + std::to_string(small.layers_on_gpu()) + " of 28 layers would)";
    QVERIFY2(small.text().ends_with(layers), small.text().c_str());
    const auto none = fitOf(header, 500'000'000);
    QCOMPARE(none.layers_on_gpu(), 0U);
    QVERIFY2(none.text().starts_with("does not fit"), none.text().c_str());
    QVERIFY(fitOf(header, 0).text().find("does not tell") != std::string::npos);
    // What is grown by a byte at the edge.
    const auto least = bytesFor(memory, {.context = 512, .batch = gguf::kLeastBatch});
    QCOMPARE(fitOf(header, least).layers_on_gpu(), 28U);
    QCOMPARE(fitOf(header, least - 1).layers_on_gpu(), 27U);
    // A smaller context, as a worker would take.
    const auto usual = bytesFor(memory, {.context = 4096, .batch = gguf::kLeastBatch});
    QCOMPARE(fitOf(header, usual).context(), 4096U);
    QCOMPARE(fitOf(header, usual).most_context(), 4096U);
    QCOMPARE(fitOf(header, usual - 1).context(), 2048U);
    QVERIFY(fitOf(header, usual - 1).most_context() > 4000U);
    QCOMPARE(fitOf(header, 24'000'000'000, 1'000'000).context(), 32'768U);
  }

  void headersThatLie() {
    v1::ModelHeader header;
    header.set_tensor_bytes(UINT64_MAX);
    header.set_layer_bytes(UINT64_MAX);
    header.set_layers(1);
    header.set_key_heads_in_all(UINT64_MAX);
    header.set_key_length(UINT64_MAX);
    header.set_value_length(UINT64_MAX);
    header.set_vocabulary(UINT64_MAX);
    header.set_embedding(UINT64_MAX);
    QCOMPARE(bytesFor(memoryOf(header), {.context = UINT32_MAX, .batch = 1}), UINT64_MAX);
    QCOMPARE(fitOf(header, 1 << 30U).layers_on_gpu(), 0U);
    QCOMPARE(fitOf(v1::ModelHeader(), 1 << 30U).layers(), 0U);
  }

  void names() {
    QVERIFY(checkName("Qwen2.5 7B ü").ok());
    QVERIFY(checkName(std::string(120, 'x')).ok());
    for (const auto& wrong : {std::string(), std::string(121, 'x'), std::string("-x"), std::string("a\nb"),
                              std::string("a\x7f"), std::string("\xff")}) {
      QVERIFY(!checkName(wrong).ok());
    }
    for (const auto* from : {"/a/--x.gguf", "\xff\xfe.gguf", "https://x/", "", "/a/\n.gguf", "/---"}) {
      QVERIFY2(checkName(nameFrom(from)).ok(), from);
    }
    QVERIFY(checkName(nameFrom(std::string(500, 'x'))).ok());
  }
};

QTEST_GUILESS_MAIN(TestCatalogue)
#include "test_catalogue.moc"
