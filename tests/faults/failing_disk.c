/* A disk that fails: loaded before libc, it stands in for reading, writing and making folders.

   FAIL_TIMES, FAIL_WITH   reading of files under /input/ fails so often in a process, with this errno
   FULL_UNDER, FULL_AFTER  files whose path holds this text take so many bytes of a process, no more
   READ_ONLY_UNDER         no folder can be made where the path holds this text */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int lies_under(int fd, const char *part) {
    char link[64], name[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, sizeof name - 1);
    if (length <= 0) return 0;
    name[length] = 0;
    return strstr(name, part) != NULL;
}

ssize_t pread64(int fd, void *to, size_t n, off_t at) {
    static ssize_t (*real)(int, void *, size_t, off_t);
    static int left = -1;
    if (!real) real = dlsym(RTLD_NEXT, "pread64");
    if (left < 0) left = getenv("FAIL_TIMES") ? atoi(getenv("FAIL_TIMES")) : 0;
    if (left > 0 && lies_under(fd, "/input/")) {
        left--;
        errno = atoi(getenv("FAIL_WITH"));
        return -1;
    }
    return real(fd, to, n, at);
}

ssize_t pread(int fd, void *to, size_t n, off_t at) { return pread64(fd, to, n, at); }

ssize_t write(int fd, const void *from, size_t n) {
    static ssize_t (*real)(int, const void *, size_t);
    static long room = -1;
    const char *full = getenv("FULL_UNDER");
    if (!real) real = dlsym(RTLD_NEXT, "write");
    if (full && room < 0) room = atol(getenv("FULL_AFTER"));
    if (full && lies_under(fd, full)) {
        if ((long)n > room) {
            errno = ENOSPC;
            return -1;
        }
        room -= n;
    }
    return real(fd, from, n);
}

int mkdir(const char *path, mode_t mode) {
    static int (*real)(const char *, mode_t);
    const char *fixed = getenv("READ_ONLY_UNDER");
    if (!real) real = dlsym(RTLD_NEXT, "mkdir");
    if (fixed && strstr(path, fixed)) {
        errno = EROFS;
        return -1;
    }
    return real(path, mode);
}
