"""Lists objects with a few calls to the JVM per level of folders.

One call per property of each file, as Python would make them, takes minutes for ten thousand files. So the JVM maps whole lists:
its method handles serve as the functions of its streams.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

HADOOP = "org.apache.hadoop.fs"
STATUS, PATH = f"{HADOOP}.FileStatus", f"{HADOOP}.Path"
ITERATOR, ITERATORS = f"{HADOOP}.RemoteIterator", "org.apache.hadoop.util.functional.RemoteIterators"
TEXT, LIST, STREAM, FUNCTION = "java.lang.String", "java.util.List", "java.util.stream.Stream", "java.util.function.Function"
# S3 file systems have it. They list a whole prefix in one request per thousand objects; folders are listed one by one.
HAS_ETAGS = "fs.capability.etags.available"
# No object's name contains it.
BETWEEN = "\0"


@dataclass(frozen=True)
class StoredFile:
    """One object: its full URI, size in bytes and modification time in milliseconds since the epoch.

    `etag` changes with the content; None where the file system has none.
    """

    uri: str
    size: int
    modified: int
    etag: str | None = None

    @property
    def name(self) -> str:
        return self.uri.rsplit("/", 1)[-1]

    @property
    def folder(self) -> str:
        """The name of its folder."""
        return self.uri.rsplit("/", 2)[-2]


class Listing:
    """Lists what is below a folder (a Hadoop Path) of a file system."""

    def __init__(self, jvm: Any) -> None:
        self._class = jvm.java.lang.Class.forName
        self._type = jvm.java.lang.invoke.MethodType.methodType
        self._lookup = jvm.java.lang.invoke.MethodHandles.publicLookup()
        self._proxies = jvm.java.lang.invoke.MethodHandleProxies
        self._text = jvm.java.lang.String
        self._iterators = jvm.org.apache.hadoop.util.functional.RemoteIterators
        long, boolean = jvm.java.lang.Long.TYPE, jvm.java.lang.Boolean.TYPE
        self._path = self._function(self._method(STATUS, "getPath", self._class(PATH)))
        self._uri = self._function(self._method(PATH, "toString", self._class(TEXT)))
        self._size = self._function(self._method(STATUS, "getLen", long))
        self._modified = self._function(self._method(STATUS, "getModificationTime", long))
        self._etag = self._function(self._method(f"{HADOOP}.EtagSource", "getEtag", self._class(TEXT)))
        self._is_file = self._predicate(self._method(STATUS, "isFile", boolean))
        self._is_folder = self._predicate(self._method(STATUS, "isDirectory", boolean))
        self._stream = self._function(self._method(LIST, "stream", self._class(STREAM)))
        to_list = self._type(self._class(LIST), self._class(ITERATOR))
        self._to_list = self._function(self._lookup.findStatic(self._class(ITERATORS), "toList", to_list))

    def files(self, system: Any, path: Any) -> list[StoredFile]:
        """All files below the folder, at any depth, in no order."""
        if system.hasPathCapability(path, HAS_ETAGS):
            return self._read(self._iterators.toList(system.listFiles(path, True)), etags=True)
        signature = self._type(self._class(ITERATOR), self._class(PATH))
        lists = self._lookup.findVirtual(self._class(f"{HADOOP}.FileSystem"), "listStatusIterator", signature).bindTo(system)
        statuses, files = self._iterators.toList(system.listStatusIterator(path)), []
        while not statuses.isEmpty():
            files += self._read(statuses.stream().filter(self._is_file).toList(), etags=False)
            folders = statuses.stream().filter(self._is_folder).map(self._path)
            statuses = folders.map(self._function(lists)).map(self._to_list).flatMap(self._stream).toList()
        return files

    def _read(self, statuses: Any, *, etags: bool) -> list[StoredFile]:
        if statuses.isEmpty():
            return []
        uris = self._text.join(BETWEEN, statuses.stream().map(self._path).map(self._uri).toList()).split(BETWEEN)
        sizes, times = (_numbers(statuses.stream().map(getter).toList()) for getter in (self._size, self._modified))
        tags: list[str | None] = [None] * len(uris)
        if etags:
            texts = self._text.join(BETWEEN, statuses.stream().map(self._etag).toList()).split(BETWEEN)
            tags = [None if text == "null" else text for text in texts]
        return [StoredFile(*values) for values in zip(uris, sizes, times, tags, strict=True)]

    def _method(self, owner: str, name: str, result: Any) -> Any:
        return self._lookup.findVirtual(self._class(owner), name, self._type(result))

    def _function(self, handle: Any) -> Any:
        return self._proxies.asInterfaceInstance(self._class(FUNCTION), handle)

    def _predicate(self, handle: Any) -> Any:
        return self._proxies.asInterfaceInstance(self._class("java.util.function.Predicate"), handle)


def _numbers(values: Any) -> list[int]:
    return [int(value) for value in values.toString().strip("[]").split(", ")]
