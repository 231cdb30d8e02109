# SPDX-License-Identifier: Apache-2.0
"""Asks llama-server questions, as a chat and greedily."""
import http.client
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def call(path, method, url, body=None):
    connection = Connection(path)
    connection.request(method, url, body and json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def wait_ready(path, program):
    while program.poll() is None:
        try:
            if call(path, "GET", "/health")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit("llama-server did not start")


def ask_one(path, question):
    body = {"messages": [{"role": "user", "content": question}], "temperature": 0, "max_tokens": 24}
    status, answer = call(path, "POST", "/v1/chat/completions", body)
    return answer["choices"][0]["message"]["content"] if status == 200 else str(answer)


def ask(start, model, questions):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "server.sock"
        program = subprocess.Popen(
            [start, "llama-server", "-m", model, "--host", path, "-t", "1", "-fit", "off", "-ngl", "0", "-c", "512"],
            env={**os.environ, "VK_DRIVER_FILES": "/nonexistent"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_ready(path, program)
            return [ask_one(path, question) for question in questions]
        finally:
            program.kill()
            program.wait()
