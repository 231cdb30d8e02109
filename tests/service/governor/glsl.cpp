// SPDX-License-Identifier: Apache-2.0
#include "service/governor/glsl.h"

#include <QProcess>
#include <QtDebug>

#include <cstring>

namespace lull::tests {

std::vector<std::uint32_t> compileCompute(const QByteArray& source, const QStringList& options) {
  QProcess glslc;
  glslc.start(QStringLiteral(LULL_GLSLC), QStringList{"-fshader-stage=compute", "-o", "-", "-"} + options);
  glslc.write(source);
  glslc.closeWriteChannel();
  if (!glslc.waitForFinished() || glslc.exitCode() != 0) {
    qWarning().noquote() << glslc.readAllStandardError();
    return {};
  }
  const QByteArray bytes = glslc.readAllStandardOutput();
  std::vector<std::uint32_t> words(static_cast<std::size_t>(bytes.size()) / sizeof(std::uint32_t));
  std::memcpy(words.data(), bytes.constData(), words.size() * sizeof(std::uint32_t));
  return words;
}

}  // namespace lull::tests
