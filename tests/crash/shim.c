/* A file system that fails on demand: loaded before libc (LD_PRELOAD), armed by `shim.py`.
 *
 * It counts the calls that change files below one folder, and at call number N kills the process
 * or lets that call fail with EIO; it can write every call to a journal, from which `disk.py` makes
 * what a disk would hold after a loss of power. Calls on other files pass through uncounted. What
 * is written through a mapping is not seen: SQLite maps only its -shm, which nobody needs later.
 * Where it is told to, messages to and from a database server count too, to be killed at.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NOTHING = 0, KILL = 1, EIO_ONCE = 2, EIO_FROM_THERE = 3 };

static char folder[PATH_MAX];
static size_t folder_length;
static long count, fail_at;
static int mode, messages, journal = -1;
static ino_t bad_inode;
static char bad_path[PATH_MAX];

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* Called once in the process that is to fail; `at` 0: never. */
void shim_arm(const char *where, int how, long at, const char *journal_path, int with_messages) {
    snprintf(folder, sizeof folder, "%s/", where);
    folder_length = strlen(folder);
    mode = how;
    messages = with_messages;
    fail_at = at;
    count = 0;
    bad_inode = 0;
    bad_path[0] = 0;
    if (journal_path && *journal_path)
        journal = (int)syscall(SYS_openat, AT_FDCWD, journal_path,
                               O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
}

long shim_count(void) { return count; }

static int below(const char *path) {
    return folder_length && strncmp(path, folder, folder_length) == 0;
}

/* The path of an open file below the folder, or the folder itself; 0 if it is elsewhere. */
static int watched(int fd, char *path) {
    char link[64];
    if (!folder_length) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return below(path) || (strlen(path) == folder_length - 1 &&
                           strncmp(path, folder, folder_length - 1) == 0);
}

static ino_t inode(int fd) {
    struct stat found;
    return fstat(fd, &found) ? 0 : found.st_ino;
}

/* Count a call; whether it must fail. */
static int fails(ino_t file, const char *path) {
    count++;
    if (mode == EIO_FROM_THERE && fail_at && count > fail_at &&
        ((file && file == bad_inode) || strcmp(path, bad_path) == 0)) {
        errno = EIO;
        return 1;
    }
    if (!fail_at || count != fail_at) return 0;
    if (mode == KILL) {
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
    bad_inode = file;
    snprintf(bad_path, sizeof bad_path, "%s", path);
    errno = EIO;
    return mode != NOTHING;
}

struct head {
    char what, failed, fill[6];
    uint64_t inode;
    int64_t offset;
    uint32_t first, second;
} __attribute__((packed));

static void say(char what, int failed, ino_t file, int64_t offset, const void *first, size_t a,
                const void *second, size_t b) {
    if (journal < 0) return;
    int before = errno;
    struct head head = {what, (char)failed, {0}, file, offset, (uint32_t)a, (uint32_t)b};
    struct iovec parts[3] = {{&head, sizeof head}, {(void *)first, a}, {(void *)second, b}};
    if (syscall(SYS_writev, journal, parts, 3) != (long)(sizeof head + a + b)) abort();
    errno = before;
}

static void say_paths(char what, int failed, ino_t file, const char *first, const char *second) {
    say(what, failed, file, 0, first, strlen(first), second, second ? strlen(second) : 0);
}

/* -- contents */

ssize_t write(int fd, const void *data, size_t length) {
    REAL(write);
    char path[PATH_MAX];
    if (!watched(fd, path)) return real(fd, data, length);
    int64_t offset = lseek(fd, 0, SEEK_CUR);
    if (fails(inode(fd), path)) {
        say('W', 1, inode(fd), offset, data, length, 0, 0);
        return -1;
    }
    ssize_t done = real(fd, data, length);
    if (done >= 0) say('W', 0, inode(fd), lseek(fd, 0, SEEK_CUR) - done, data, (size_t)done, 0, 0);
    return done;
}

static ssize_t write_at(__typeof__(pwrite) *real, int fd, const void *data, size_t length,
                        off_t offset) {
    char path[PATH_MAX];
    if (!watched(fd, path)) return real(fd, data, length, offset);
    if (fails(inode(fd), path)) {
        say('W', 1, inode(fd), offset, data, length, 0, 0);
        return -1;
    }
    ssize_t done = real(fd, data, length, offset);
    if (done >= 0) say('W', 0, inode(fd), offset, data, (size_t)done, 0, 0);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    REAL(pwrite);
    return write_at(real, fd, data, length, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    REAL(pwrite);
    return write_at(real, fd, data, length, offset);
}

/* Nothing of ours may write in a way that is not counted. */
ssize_t writev(int fd, const struct iovec *parts, int n) {
    REAL(writev);
    char path[PATH_MAX];
    if (watched(fd, path)) abort();
    return real(fd, parts, n);
}

static int cut(int fd, off_t length, __typeof__(ftruncate) *real) {
    char path[PATH_MAX];
    if (!watched(fd, path)) return real(fd, length);
    int failed = fails(inode(fd), path);
    int done = failed ? -1 : real(fd, length);
    say('T', done != 0, inode(fd), length, 0, 0, 0, 0);
    return done;
}

int ftruncate(int fd, off_t length) {
    REAL(ftruncate);
    return cut(fd, length, real);
}

int ftruncate64(int fd, off64_t length) {
    REAL(ftruncate);
    return cut(fd, length, real);
}

static int sync_file(int fd, int (*real)(int)) {
    char path[PATH_MAX];
    if (!watched(fd, path)) return real(fd);
    int failed = fails(inode(fd), path);
    int done = failed ? -1 : real(fd);
    say_paths('S', done != 0, inode(fd), path, 0);
    return done;
}

int fsync(int fd) {
    REAL(fsync);
    return sync_file(fd, real);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    return sync_file(fd, real);
}

/* -- names */

static int opened(int where, const char *path, int flags, mode_t permissions) {
    struct stat found;
    int ours = where == AT_FDCWD && below(path) && (flags & (O_CREAT | O_TRUNC));
    if (!ours) return (int)syscall(SYS_openat, where, path, flags, permissions);
    int there = syscall(SYS_newfstatat, AT_FDCWD, path, &found, 0) == 0;
    int changes = there ? (flags & O_TRUNC) && !(flags & O_EXCL) && found.st_size : flags & O_CREAT;
    if (!changes) return (int)syscall(SYS_openat, where, path, flags, permissions);
    if (fails(there ? found.st_ino : 0, path)) {
        say_paths('C', 1, 0, path, 0);
        return -1;
    }
    int fd = (int)syscall(SYS_openat, where, path, flags, permissions);
    if (fd >= 0 && there) say('T', 0, found.st_ino, 0, 0, 0, 0, 0);
    if (fd >= 0 && !there) say_paths('C', 0, inode(fd), path, 0);
    return fd;
}

#define PERMISSIONS \
    mode_t permissions = 0; \
    if (flags & (O_CREAT | __O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        permissions = va_arg(rest, mode_t); \
        va_end(rest); \
    }

int open(const char *path, int flags, ...) {
    PERMISSIONS
    return opened(AT_FDCWD, path, flags, permissions);
}

int open64(const char *path, int flags, ...) {
    PERMISSIONS
    return opened(AT_FDCWD, path, flags | O_LARGEFILE, permissions);
}

int openat(int where, const char *path, int flags, ...) {
    PERMISSIONS
    return opened(where, path, flags, permissions);
}

int openat64(int where, const char *path, int flags, ...) {
    PERMISSIONS
    return opened(where, path, flags | O_LARGEFILE, permissions);
}

static int renamed(const char *old, const char *new) {
    int ours = below(old) || below(new);
    if (ours && fails(0, new)) {
        say_paths('R', 1, 0, old, new);
        return -1;
    }
    int done = (int)syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0);
    if (ours) say_paths('R', done != 0, 0, old, new);
    return done;
}

int rename(const char *old, const char *new) { return renamed(old, new); }

int renameat(int from, const char *old, int to, const char *new) {
    if (from == AT_FDCWD && to == AT_FDCWD) return renamed(old, new);
    return (int)syscall(SYS_renameat2, from, old, to, new, 0);
}

static int linked(const char *old, const char *new, int flags) {
    int ours = below(new);
    if (ours && fails(0, new)) {
        say_paths('L', 1, 0, old, new);
        return -1;
    }
    int done = (int)syscall(SYS_linkat, AT_FDCWD, old, AT_FDCWD, new, flags);
    if (ours) say_paths('L', done != 0, 0, old, new);
    return done;
}

int link(const char *old, const char *new) { return linked(old, new, 0); }

int linkat(int from, const char *old, int to, const char *new, int flags) {
    if (from == AT_FDCWD && to == AT_FDCWD) return linked(old, new, flags);
    return (int)syscall(SYS_linkat, from, old, to, new, flags);
}

static int unlinked(const char *path, int flags) {
    int ours = below(path);
    if (ours && fails(0, path)) {
        say_paths('U', 1, 0, path, 0);
        return -1;
    }
    int done = (int)syscall(SYS_unlinkat, AT_FDCWD, path, flags);
    if (ours) say_paths('U', done != 0, 0, path, 0);
    return done;
}

int unlink(const char *path) { return unlinked(path, 0); }

int rmdir(const char *path) { return unlinked(path, AT_REMOVEDIR); }

int unlinkat(int where, const char *path, int flags) {
    if (where == AT_FDCWD) return unlinked(path, flags);
    return (int)syscall(SYS_unlinkat, where, path, flags);
}

static int made(const char *path, mode_t permissions) {
    int ours = below(path);
    if (ours && fails(0, path)) {
        say_paths('M', 1, 0, path, 0);
        return -1;
    }
    int done = (int)syscall(SYS_mkdirat, AT_FDCWD, path, permissions);
    if (ours) say_paths('M', done != 0, 0, path, 0);
    return done;
}

int mkdir(const char *path, mode_t permissions) { return made(path, permissions); }

int mkdirat(int where, const char *path, mode_t permissions) {
    if (where == AT_FDCWD) return made(path, permissions);
    return (int)syscall(SYS_mkdirat, where, path, permissions);
}

/* -- messages */

ssize_t send(int socket, const void *data, size_t length, int flags) {
    REAL(send);
    if (messages) fails(0, "");
    return real(socket, data, length, flags);
}

ssize_t recv(int socket, void *data, size_t length, int flags) {
    REAL(recv);
    if (messages) fails(0, "");
    return real(socket, data, length, flags);
}
