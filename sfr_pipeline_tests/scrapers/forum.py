"""A tiny forum on loopback, with the page formats of the real one, that tests can tamper with."""

import json
import math
import random
import re
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BAR = "600519"
CHALLENGE = "<html><head><title>身份核实</title></head><body><div id='root'></div></body></html>"
DELETED = "<html><body><div class='error404_page'>页面不存在</div></body></html>"


def make_posts(count, first="2020-01-01", days=120, seed=1):
    """Posts in random seconds of some days, newest first; every third one has comments."""
    random_ = random.Random(seed)
    start = datetime.fromisoformat(first)
    seconds = sorted(random_.sample(range(days * 86_400), count))
    posts = [
        make_post(900_000_000 + 7 * i, str(start + timedelta(seconds=second)), comments=i % 3 // 2)
        for i, second in enumerate(seconds)
    ]
    return posts[::-1]


def make_post(post_id, time, comments=0, **fields):
    return {
        "post_id": post_id,
        "post_title": f"标题 {post_id}",
        "stockbar_code": BAR,
        "post_click_count": hash(post_id) % 1000,
        "post_forward_count": hash(post_id) % 3,
        "post_comment_count": comments,
        "post_publish_time": time,
        "post_type": 0,
        "post_top_status": 0,
        "user_is_majia": False,
        **fields,
    }


class Forum:
    """Serves posts; each request first goes through `tamper`, which may answer or change things."""

    def __init__(self, posts):
        self.posts = posts
        self.likes = {post["post_id"]: post["post_id"] % 11 for post in posts}
        newest = max(post["post_publish_time"] for post in posts)
        self.now = datetime.fromisoformat(newest) + timedelta(days=60)
        self.top = []  # rows that stand above the first page's own
        self.asked = []
        self.agents = set()
        self.robots = "User-agent: *\nAllow: /\n"
        self.tamper = lambda path: None
        forum = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # One packet an answer: otherwise each waits 40 ms for an acknowledgement.
            wbufsize = -1

            def do_GET(self):
                forum.asked.append(self.path)
                forum.agents.add(self.headers["User-Agent"])
                status, body, headers = forum.answer(self.path)
                data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.site = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def pages(self):
        return math.ceil(len(self.posts) / 80)

    def asked_for(self, what):
        return [path for path in self.asked if what in path]

    def answer(self, path):
        damaged = self.tamper(path)
        if damaged is not None:
            status, body, *headers = damaged if isinstance(damaged, tuple) else (200, damaged)
            return status, body, headers[0] if headers else {}
        if path == "/robots.txt":
            return 200, self.robots, {}
        listed = re.fullmatch(rf"/list,{BAR},f(?:_(\d+))?\.html", path)
        if listed:
            return 200, self.list_page(int(listed[1] or 1)), {}
        number = int(path.split(",")[-1].removesuffix(".html"))
        return 200, self.post_page(number), {}

    def list_page(self, number, **changes):
        rows = self.posts[80 * (number - 1) : 80 * number]
        found = {
            "re": (self.top if number == 1 else []) + rows,
            "count": len(self.posts),
            "bar_code": BAR,
            "bar_info": {"OuterCode": BAR, "InnerCode": "inner"},
            "rc": 1,
            "time": f"{self.now:%Y-%m-%dT%H:%M:%S}.1234567+08:00",
            **changes,
        }
        return script("article_list", found)

    def post_page(self, post_id, content=None, **changes):
        rows = [row for row in self.posts + self.top if isinstance(row, dict)]
        row = next(row for row in rows if row.get("post_id") == post_id)
        found = {
            **row,
            "post_guba": {"stockbar_code": row["stockbar_code"]},
            "post_like_count": self.likes.get(post_id),
            "post_content": content or f"<div><p>正文 {post_id}</p></div>",
            **changes,
        }
        return script("post_article", found)


def script(name, found):
    text = found if isinstance(found, str) else json.dumps(found)
    return (
        "<!DOCTYPE html><html><head><title>吧</title><script src='//x/em_capt.js'></script></head>"
        f"<body><script>var {name}={text};    var other_list={{}}</script></body></html>"
    )


def within(forum, first, last):
    """Identifiers of the posts of some months."""
    return [p["post_id"] for p in forum.posts if first <= p["post_publish_time"][:7] <= last]


def lists(forum):
    """Lists that were asked for."""
    return forum.asked_for("/list")


def refuses(after, answer):
    """A forum's `tamper` that answers everything in one way from some list page on."""
    return lambda path: answer if after in path else None
