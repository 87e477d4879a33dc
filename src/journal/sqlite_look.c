/*
 * The look before SQLite opens anything: SQLite would follow a stray WAL, delete one that lies
 * beside an empty file, or begin to write to what is not ours.
 */
#include "journal/sqlite_store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER_BYTES 100
#define ROLLBACK_HEADER_BYTES 20

static uint32_t number_read(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

enum error store_path_look(const char *path, struct bytes *problem)
{
    struct stat status;
    if (lstat(path, &status) != 0) {
        int cause = errno;
        if (cause == ENOENT) {
            return ERR_OK;
        }
        sentence_set(problem, "%s: %s", path, strerror(cause));
        return cause == EACCES ? ERR_DENIED : ERR_IO;
    }
    if (S_ISLNK(status.st_mode)) {
        sentence_set(problem, "%s: is a symbolic link, which madang does not follow", path);
        return ERR_DENIED;
    }
    if (!S_ISREG(status.st_mode)) {
        sentence_set(problem, "%s: is not a regular file", path);
        return ERR_DENIED;
    }
    if (status.st_uid != geteuid()) {
        sentence_set(problem, "%s: belongs to the user with the number %u, not to this one", path,
                     status.st_uid);
        return ERR_DENIED;
    }
    if (access(path, R_OK | W_OK) != 0) {
        sentence_set(problem, "%s: may not be read and written: %s", path, strerror(errno));
        return ERR_DENIED;
    }
    return ERR_OK;
}

enum rollback_state {
    ROLLBACK_NONE,      /* None that SQLite would use. */
    ROLLBACK_TO_NEW,    /* The database was empty when it was begun. */
    ROLLBACK_TO_FILLED, /* The database held something. */
};

/*
 * What SQLite's rollback journal would put back. One of an empty database means that nothing but
 * the making of the tables was ever tried. Without a whole header the database was not touched yet.
 * "Database File Format", section 3, "The Rollback Journal".
 */
static enum error rollback_look(const struct store_names *names, enum rollback_state *out)
{
    static const unsigned char magic[8] = {0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7};
    unsigned char header[ROLLBACK_HEADER_BYTES];
    struct store_file file = {0};
    enum error error = store_file_open(names, SQLITE_OPEN_MAIN_JOURNAL, &file);
    if (error != ERR_OK) {
        return error;
    }
    error = store_file_read(&file, header, sizeof(header), 0);
    store_file_close(&file);
    if (error == ERR_NOT_FOUND || (error == ERR_OK && memcmp(header, magic, sizeof(magic)) != 0)) {
        *out = ROLLBACK_NONE;
        return ERR_OK;
    }
    if (error == ERR_OK) {
        *out = number_read(header + 16) == 0 ? ROLLBACK_TO_NEW : ROLLBACK_TO_FILLED;
    }
    return error;
}

/* Says that the store is from the future, and where what it was before may lie. */
static void newer_say(const struct store_names *names, const char *path, uint32_t version,
                      struct bytes *problem)
{
    struct store_names copy = {0};
    int there = 0;
    if (store_names_of_backup(names, STORE_VERSION, &copy) == ERR_OK) {
        (void)names->vfs->xAccess(names->vfs, copy.db, SQLITE_ACCESS_EXISTS, &there);
    }
    sentence_set(problem,
                 "%s: was written by a newer madang (its format is %u, this one knows %d)%s%s",
                 path, (unsigned)version, STORE_VERSION,
                 there ? "; as it was before, it is kept in " : "", there ? copy.db : "");
    store_names_finish(&copy);
}

/* Ours, and not from the future. */
static enum error identity_look(const struct store_names *names, const char *path,
                                uint32_t application_id, uint32_t version, struct bytes *problem)
{
    if (application_id != STORE_APPLICATION_ID) {
        sentence_set(problem, "%s: is an SQLite database of another program", path);
        return ERR_DAMAGED;
    }
    if (version > STORE_VERSION) {
        newer_say(names, path, version, problem);
        return ERR_VERSION;
    }
    if (version == 0) {
        sentence_set(problem, "%s: says no version of its format", path);
        return ERR_DAMAGED;
    }
    return ERR_OK;
}

static enum error header_look(const struct store_names *names, const struct store_file *file,
                              struct bytes *problem)
{
    unsigned char header[HEADER_BYTES];
    enum error error = store_file_read(file, header, sizeof(header), 0);
    if (error != ERR_OK && error != ERR_NOT_FOUND) {
        sentence_set(problem, "%s: cannot be read", names->db);
        return error;
    }
    /* 18 and 19: SQLite does not write, or read, what is above 2. */
    if (error == ERR_NOT_FOUND || memcmp(header, "SQLite format 3", 16) != 0 || header[18] > 2 ||
        header[19] > 2) {
        sentence_set(problem, "%s: is not an SQLite database, or its beginning is damaged",
                     names->db);
        return ERR_DAMAGED;
    }
    return identity_look(names, names->db, number_read(header + 68), number_read(header + 60),
                         problem);
}

static enum error wal_judge(const struct store_names *names, enum journal_sync sync,
                            const struct wal_look *wal, struct bytes *problem)
{
    if (wal->has_header) {
        enum error error =
            identity_look(names, names->wal, wal->application_id, wal->version, problem);
        if (error != ERR_OK) {
            return error;
        }
    }
    /* Where groups are not flushed one by one, a power cut leaves such a WAL, and rightly so. */
    if (wal->groups_lost && sync == JOURNAL_SYNC_ALWAYS) {
        sentence_set(problem,
                     "%s: is damaged at byte %lld, and stored messages behind that would be lost; "
                     "to go on without them, keep a copy of both files and run: sqlite3 %s "
                     "'PRAGMA wal_checkpoint(TRUNCATE)'",
                     names->wal, (long long)wal->damaged_at, names->db);
        return ERR_DAMAGED;
    }
    return ERR_OK;
}

enum error store_look(const struct store_names *names, enum journal_sync sync,
                      enum store_state *out_state, struct wal_look *out_wal, struct bytes *problem)
{
    struct store_file file = {0};
    struct wal_look wal = {0};
    enum rollback_state rollback = ROLLBACK_NONE;
    enum error error = ERR_OK;
    if (names->is_system_vfs) {
        const char *const paths[] = {names->db, names->wal, names->rollback, names->shared.data};
        for (size_t index = 0; index < sizeof(paths) / sizeof(paths[0]); index++) {
            error = store_path_look(paths[index], problem);
            if (error != ERR_OK) {
                return error;
            }
        }
    }
    error = store_file_open(names, SQLITE_OPEN_MAIN_DB, &file);
    if (error == ERR_OK) {
        error = rollback_look(names, &rollback);
    }
    if (error == ERR_OK) {
        error = wal_look(names, &wal);
    }
    if (error != ERR_OK) {
        sentence_set(problem, "%s: cannot be read: %s", names->db, error_name(error));
        goto done;
    }
    bool is_new = file.file == NULL || rollback == ROLLBACK_TO_NEW;
    if (is_new && (wal.there || rollback == ROLLBACK_TO_FILLED)) {
        sentence_set(
            problem,
            "%s: is missing or empty, but %s beside it may hold messages: put the database "
            "back, or move that file away",
            names->db, wal.there ? names->wal : names->rollback);
        error = ERR_DAMAGED;
        goto done;
    }
    if (!is_new) {
        error = header_look(names, &file, problem);
        if (error == ERR_OK) {
            error = wal_judge(names, sync, &wal, problem);
        }
    }
    if (error == ERR_OK) {
        *out_state = is_new ? STORE_NEW : STORE_THERE;
        *out_wal = wal;
    }
done:
    store_file_close(&file);
    return error;
}

enum error store_create(const struct store_names *names, struct bytes *problem)
{
    /* SQLite would make it 0644, and gives its other files the mode of this one. */
    int descriptor = open(names->db, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) {
        int cause = errno;
        sentence_set(problem, "%s: cannot be made: %s", names->db, strerror(cause));
        return cause == EACCES || cause == EROFS    ? ERR_DENIED
               : cause == ENOSPC || cause == EDQUOT ? ERR_DISK_FULL
                                                    : ERR_IO;
    }
    /* An empty one may have been there, and a umask like 0777 may have taken our own rights. */
    int result = fchmod(descriptor, S_IRUSR | S_IWUSR);
    int cause = errno;
    close(descriptor);
    if (result != 0) {
        sentence_set(problem, "%s: cannot be made private: %s", names->db, strerror(cause));
        return ERR_IO;
    }
    return ERR_OK;
}
