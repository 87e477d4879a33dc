/* Making and locking the data directory. */
#include "server/store.h"

#include "base/check.h"
#include "base/lang.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* As much as struct config holds. */
#define DIRECTORY_BYTES_MAX 1024

static enum error store_fail(struct bytes *problem, const char *directory, const char *what,
                             enum error error)
{
    bytes_clear(problem);
    BEST_EFFORT(text_append_visible(problem, text_of(directory)));
    BEST_EFFORT(bytes_format(problem, ": %s", what));
    return error;
}

/* The missing directories above the last one. Failures show when the last one is made. */
static void store_make_parents(const char *directory)
{
    char path[DIRECTORY_BYTES_MAX];
    size_t count = strlen(directory);
    memcpy(path, directory, count + 1);
    for (size_t i = 1; i < count; i++) {
        if (path[i] == '/') {
            path[i] = '\0';
            (void)mkdir(path, 0700);
            path[i] = '/';
        }
    }
}

static enum error store_look(int fd, const char *directory, struct bytes *problem)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return store_fail(problem, directory, strerror(errno), ERR_IO);
    }
    if (status.st_uid != geteuid()) {
        return store_fail(problem, directory, _("다른 사용자의 디렉터리입니다"), ERR_DENIED);
    }
    return ERR_OK;
}

static enum error store_lock_in(int directory_fd, const char *directory, int *out_lock,
                                struct bytes *problem)
{
    int fd = openat(directory_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return store_fail(problem, directory, strerror(errno),
                          errno == EACCES || errno == EROFS ? ERR_DENIED : ERR_IO);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        bool is_taken = errno == EWOULDBLOCK;
        close(fd);
        return store_fail(problem, directory,
                          is_taken ? _("다른 madangd가 쓰고 있습니다") : _("잠글 수 없습니다"),
                          is_taken ? ERR_BUSY : ERR_IO);
    }
    *out_lock = fd;
    return ERR_OK;
}

/* Copies without the slashes at the end, with which the system would follow a symbolic link. */
static void copy_trimmed(const char *directory, char out[DIRECTORY_BYTES_MAX])
{
    size_t count = strlen(directory);
    check(count > 0 && count < DIRECTORY_BYTES_MAX);
    while (count > 1 && directory[count - 1] == '/') {
        count--;
    }
    memcpy(out, directory, count);
    out[count] = '\0';
}

enum error store_lock(const char *asked, bool parents, int *out_lock, struct bytes *problem)
{
    char directory[DIRECTORY_BYTES_MAX];
    copy_trimmed(asked, directory);
    if (parents) {
        store_make_parents(directory);
    }
    if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
        return store_fail(problem, directory, strerror(errno),
                          errno == ENOENT ? ERR_NOT_FOUND : ERR_DENIED);
    }
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        bool is_odd = errno == ELOOP || errno == ENOTDIR;
        return store_fail(problem, directory,
                          is_odd ? _("디렉터리가 아니거나 심볼릭 링크입니다") : strerror(errno),
                          ERR_DENIED);
    }
    enum error error = store_look(fd, directory, problem);
    if (error == ERR_OK) {
        error = store_lock_in(fd, directory, out_lock, problem);
    }
    close(fd);
    return error;
}
