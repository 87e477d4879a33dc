/* The secret's file: 128 random bits in hexadecimal, and a newline. */
#include "server/secret.h"

#include "base/check.h"
#include "base/lang.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGIT_COUNT 32
#define FILE_BYTES (DIGIT_COUNT + 1)
/* Becomes the file when it is whole on the disk. */
#define SECRET_FILE_NEW SECRET_FILE ".new"

struct place {
    const char *directory;
    int fd;
    struct bytes *problem;
};

static enum error fail(const struct place *place, const char *what, enum error error)
{
    BEST_EFFORT(text_append_visible(place->problem, text_of(place->directory)));
    BEST_EFFORT(bytes_format(place->problem, "/%s: %s", SECRET_FILE, what));
    return error;
}

static enum error fail_system(const struct place *place)
{
    int number = errno;
    enum error error = ERR_IO;
    if (number == ENOSPC || number == EDQUOT) {
        error = ERR_DISK_FULL;
    } else if (number == EACCES || number == EPERM || number == EROFS || number == ELOOP) {
        error = ERR_DENIED;
    }
    return fail(place, strerror(number), error);
}

static int digit_value(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = digit != '\0' ? strchr(digits, digit) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

/* False when text is not what secret_text() writes. */
static bool secret_parse(const char text[FILE_BYTES], struct siphash_key *out)
{
    uint64_t halves[2] = {0, 0};
    for (size_t i = 0; i < DIGIT_COUNT; i++) {
        int value = digit_value(text[i]);
        if (value < 0) {
            return false;
        }
        uint64_t *half = &halves[i / 16];
        *half = *half << 4 | (uint64_t)value;
    }
    if (text[DIGIT_COUNT] != '\n') {
        return false;
    }
    *out = (struct siphash_key){.k0 = halves[0], .k1 = halves[1]};
    return true;
}

static void secret_text(const struct siphash_key *key, char out[FILE_BYTES])
{
    for (size_t i = 0; i < DIGIT_COUNT; i++) {
        uint64_t half = i < 16 ? key->k0 : key->k1;
        out[i] = "0123456789abcdef"[half >> (60 - 4 * (i % 16)) & 15];
    }
    out[DIGIT_COUNT] = '\n';
}

/* Whose file it is, and who may read it. */
static enum error secret_look(const struct place *place, int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return fail_system(place);
    }
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid()) {
        return fail(place, _("보통 파일이 아니거나 다른 사용자의 것입니다"), ERR_DENIED);
    }
    if ((status.st_mode & 077) != 0) {
        return fail(place, _("다른 사용자가 읽을 수 있습니다. chmod 600으로 막아 주십시오"),
                    ERR_DENIED);
    }
    return ERR_OK;
}

static enum error secret_read(const struct place *place, int fd, struct siphash_key *out)
{
    char text[FILE_BYTES + 1];
    ssize_t count = read(fd, text, sizeof text);
    if (count < 0) {
        return fail_system(place);
    }
    bool is_whole = count == FILE_BYTES && secret_parse(text, out);
    mem_wipe(text, sizeof text);
    if (!is_whole) {
        return fail(place, _("내용이 망가졌습니다. 백업에서 되살리거나, 지우면 새로 만듭니다"),
                    ERR_DAMAGED);
    }
    return ERR_OK;
}

/* The file, flushed, under its first name. */
static enum error secret_write(const struct place *place, const char text[FILE_BYTES])
{
    /* One that an interrupted start left behind is nobody's secret yet. */
    if (unlinkat(place->fd, SECRET_FILE_NEW, 0) != 0 && errno != ENOENT) {
        return fail_system(place);
    }
    int fd = openat(place->fd, SECRET_FILE_NEW,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail_system(place);
    }
    errno = EIO; /* What a short write means, which says nothing itself. */
    enum error error = ERR_OK;
    if (write(fd, text, FILE_BYTES) != FILE_BYTES || fsync(fd) != 0) {
        error = fail_system(place);
    }
    close(fd);
    return error;
}

static enum error secret_make(const struct place *place, struct siphash_key *out)
{
    struct siphash_key key;
    check(getrandom(&key, sizeof key, 0) == sizeof key);
    char text[FILE_BYTES];
    secret_text(&key, text);
    enum error error = secret_write(place, text);
    mem_wipe(text, sizeof text);
    if (error == ERR_OK && (renameat(place->fd, SECRET_FILE_NEW, place->fd, SECRET_FILE) != 0 ||
                            fsync(place->fd) != 0)) {
        error = fail_system(place);
    }
    if (error == ERR_OK) {
        *out = key;
    }
    return error;
}

enum error secret_open(const char *directory, struct siphash_key *out, struct bytes *problem)
{
    struct place place = {.directory = directory, .problem = problem};
    bytes_clear(problem);
    place.fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place.fd < 0) {
        return fail_system(&place);
    }
    enum error error;
    int fd = openat(place.fd, SECRET_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0) {
        error = secret_look(&place, fd);
        if (error == ERR_OK) {
            error = secret_read(&place, fd, out);
        }
        close(fd);
    } else if (errno == ENOENT) {
        error = secret_make(&place, out);
    } else {
        error = fail_system(&place);
    }
    close(place.fd);
    return error;
}
