"""Firefox as readers have it, driven by WebDriver BiDi; Playwright drives only one of its own."""

import json
import re
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import websocket

WAIT_S = 60
#: Files are as foreign to each other as they are to readers; no host answers; a sound card in name.
PREFERENCES = {
    "security.fileuri.strict_origin_policy": True,
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "media.autoplay.default": 0,
    "media.cubeb.force_mock_context": True,
    "dom.w3c_touch_events.enabled": 1,
}
#: The keys that are no letters, as WebDriver numbers them.
KEYS = {"ArrowDown": "\ue015", "ArrowLeft": "\ue012", "ArrowRight": "\ue014"}
KEYS |= {"End": "\ue010", "Enter": "\ue007", "Home": "\ue011", "Space": " "}


class Firefox:
    """A browser that was started."""

    def __init__(self, executable: str, folder: Path):
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items()]
        (folder / "user.js").write_text("\n".join(lines))
        command = [executable, "--headless", "--remote-debugging-port=0", "--profile", str(folder)]
        with (folder / "said").open("w") as said:
            self.process = subprocess.Popen(command, stdout=said, stderr=said)
        address, end = None, time.monotonic() + WAIT_S
        while address is None and time.monotonic() < end and self.process.poll() is None:
            time.sleep(0.1)
            address = re.search(r"listening on (ws://\S+)", (folder / "said").read_text())
        if address is None:
            self.process.kill()
            raise RuntimeError(f"Firefox did not start: {(folder / 'said').read_text()}")
        self.socket = websocket.create_connection(
            f"{address[1]}/session", suppress_origin=True, timeout=WAIT_S
        )
        self.count, self.events = 0, []
        self.command("session.new", capabilities={})
        self.command("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])

    def command(self, method: str, **parameters) -> dict:
        """Send a command, and return what it comes to; keep the events that come meanwhile."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        self.socket.send(json.dumps(message))
        while (answer := json.loads(self.socket.recv())).get("id") != self.count:
            self.events.append(answer)
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['message']}")
        return answer["result"]

    def close(self):
        """End it."""
        with suppress(websocket.WebSocketException, OSError):
            self.command("browser.close")
        self.socket.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Tab:
    """A page in Firefox; it does what `hands.Tab` does in Chromium."""

    def __init__(self, browser: Firefox, address: str, first: str, size: dict):
        self.browser = browser
        browser.events.clear()
        made = browser.command("browsingContext.create", type="tab")
        self.here = made["context"]
        browser.command("browsingContext.setViewport", context=self.here, viewport=size)
        script = f"() => {{ {first} }}"
        added = browser.command(
            "script.addPreloadScript", functionDeclaration=script, contexts=[self.here]
        )
        browser.command("browsingContext.navigate", context=self.here, url=address, wait="complete")
        self.first = added["script"]

    def evaluate(self, expression: str):
        """Return what an expression is, or what it promises."""
        expression = f"(async () => JSON.stringify(await ({expression})) ?? 'null')()"
        said = self.browser.command(
            "script.evaluate",
            expression=expression,
            target={"context": self.here},
            awaitPromise=True,
            userActivation=False,
        )
        if said["type"] == "exception":
            raise RuntimeError(said["exceptionDetails"]["text"])
        return json.loads(said["result"]["value"])

    def key(self, name: str):
        """Press a key, and let it go."""
        value = KEYS.get(name, name)
        actions = [{"type": "keyDown", "value": value}]
        self._act("key", [*actions, {"type": "keyUp", "value": value}])

    def point(self, path, by: str):
        """Press at the first of some points, go along them, and let go."""
        moves = [{"type": "pointerMove", "x": round(x), "y": round(y)} for x, y in path]
        actions = [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:]]
        actions.append({"type": "pointerUp", "button": 0})
        self._act("pointer", actions, parameters={"pointerType": by})

    def _act(self, kind, actions, **more):
        source = {"type": kind, "id": f"{kind}{more}", "actions": actions, **more}
        self.browser.command("input.performActions", context=self.here, actions=[source])

    @property
    def requests(self) -> list[str]:
        """What the page asked for since it was opened."""
        found = (event["params"] for event in self.browser.events if "network" in event["method"])
        return [each["request"]["url"] for each in found if each.get("context") == self.here]

    @property
    def complaints(self) -> list[str]:
        """What it said of errors, and warnings."""
        found = (event["params"] for event in self.browser.events if "log" in event["method"])
        return [each["text"] for each in found if each["level"] in ("error", "warn")]

    def close(self):
        """Close it."""
        self.browser.command("script.removePreloadScript", script=self.first)
        self.browser.command("browsingContext.close", context=self.here)
