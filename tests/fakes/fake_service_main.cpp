// SPDX-License-Identifier: Apache-2.0
// lull_fake_service SOCKET SCENE: a service that tells one scene until it is ended. For pictures of the dashboard.
#include "fakes/scenes.h"

#include <QCoreApplication>

#include <cstdio>

int main(int argc, char* argv[]) {
  const QCoreApplication app(argc, argv);
  const auto arguments = QCoreApplication::arguments();
  if (arguments.size() != 3) {
    std::fputs("usage: lull_fake_service SOCKET SCENE; scenes:", stderr);
    for (const auto name : lull::fakes::sceneNames()) std::fprintf(stderr, " %s", name.data());
    std::fputs("\n", stderr);
    return 2;
  }
  lull::fakes::FakeService service(arguments.at(1));
  if (!lull::fakes::play(service, arguments.at(2).toStdString())) {
    std::fprintf(stderr, "lull_fake_service: no scene “%s”\n", qUtf8Printable(arguments.at(2)));
    return 2;
  }
  if (!service.start()) {
    std::fprintf(stderr, "lull_fake_service: cannot listen at %s\n", qUtf8Printable(arguments.at(1)));
    return 1;
  }
  return QCoreApplication::exec();
}
