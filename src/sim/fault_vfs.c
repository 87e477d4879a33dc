/* The VFS: what SQLite asks for, in terms of the disk; file locks, and shared memory with its own
 * locks, which a crash takes away. */
#include "sim/fault_vfs.h"

#include "base/check.h"
#include "base/mem.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define REGIONS_MAX 256
#define PATH_LENGTH_MAX 255
/* 2026-01-01, as a Julian day number in milliseconds. */
#define TIME_START_MS INT64_C(212634331200000)

/* The shared memory of a database's WAL; lives as long as somebody has it mapped. */
struct shared {
    void *regions[REGIONS_MAX];
    uint32_t lock_shared[SQLITE_SHM_NLOCK];
    bool lock_exclusive[SQLITE_SHM_NLOCK];
    uint32_t user_count;
    uint64_t generation;
};

/* The locks of one file, and its shared memory. */
struct locks {
    uint32_t shared_count;
    bool reserved;
    bool pending;
    bool exclusive;
    uint64_t generation;
    struct shared *shared;
};

struct fault_vfs {
    sqlite3_vfs base;
    struct fault_disk *disk;
    pthread_mutex_t mutex;
    uint64_t slept_us;
};

struct handle {
    sqlite3_file base;
    struct fault_vfs *vfs;
    struct fault_file *file;
    struct locks *locks; /* Of the file. */
    struct shared *shared;
    uint64_t generation;
    int level; /* SQLITE_LOCK_NONE and up. */
    uint32_t mine_shared;
    uint32_t mine_exclusive;
    bool flush_names; /* The first flush also flushes the directory, as SQLite's own VFS does. */
};

static struct handle *handle_of(sqlite3_file *file)
{
    return (struct handle *)file;
}

static struct fault_vfs *vfs_of(sqlite3_vfs *vfs)
{
    return (struct fault_vfs *)vfs;
}

static int code_of(enum error error, int otherwise)
{
    switch ((int)error) {
    case ERR_OK:
        return SQLITE_OK;
    case ERR_MEMORY:
        return SQLITE_IOERR_NOMEM;
    case ERR_DISK_FULL:
        return SQLITE_FULL;
    default:
        return otherwise;
    }
}

static bool is_stale(const struct handle *handle)
{
    return handle->generation != fault_disk_generation(handle->vfs->disk);
}

/* What to answer to an operation that is not to be done; usual is what fits it. */
static int refusal(const struct fault_vfs *vfs, enum fault_verdict verdict, int usual)
{
    int code = fault_disk_plan_code(vfs->disk);
    return verdict == FAULT_FAIL && code != 0 ? code : usual;
}

/* Takes the lock and counts the operation. SQLITE_OK: do it. Otherwise what to answer. */
static int enter(struct fault_vfs *vfs, enum fault_op op, int usual)
{
    pthread_mutex_lock(&vfs->mutex);
    enum fault_verdict verdict = fault_disk_step(vfs->disk, op);
    return verdict == FAULT_GO ? SQLITE_OK : refusal(vfs, verdict, usual);
}

/* The same for a file that is open: one from before a crash does nothing any more. */
static int enter_file(struct handle *handle, enum fault_op op, int usual)
{
    pthread_mutex_lock(&handle->vfs->mutex);
    if (is_stale(handle)) {
        return usual;
    }
    enum fault_verdict verdict = fault_disk_step(handle->vfs->disk, op);
    return verdict == FAULT_GO ? SQLITE_OK : refusal(handle->vfs, verdict, usual);
}

static int leave(struct fault_vfs *vfs, int code)
{
    pthread_mutex_unlock(&vfs->mutex);
    return code;
}

/* Shared memory. */

static void shared_leave(struct handle *handle)
{
    struct shared *shared = handle->shared;
    if (shared == NULL) {
        return;
    }
    for (unsigned int slot = 0; slot < SQLITE_SHM_NLOCK; slot++) {
        if ((handle->mine_shared & 1U << slot) != 0) {
            shared->lock_shared[slot]--;
        }
        if ((handle->mine_exclusive & 1U << slot) != 0) {
            shared->lock_exclusive[slot] = false;
        }
    }
    handle->mine_shared = 0;
    handle->mine_exclusive = 0;
    handle->shared = NULL;
    shared->user_count--;
    if (shared->user_count == 0) {
        for (size_t index = 0; index < REGIONS_MAX; index++) {
            mem_free(shared->regions[index]);
        }
        if (handle->locks->shared == shared) {
            handle->locks->shared = NULL;
        }
        mem_free(shared);
    }
}

static int shared_join(struct handle *handle)
{
    if (handle->shared != NULL) {
        return SQLITE_OK;
    }
    /* What dead processes had mapped is nobody's any more. */
    if (handle->locks->shared != NULL && handle->locks->shared->generation != handle->generation) {
        handle->locks->shared = NULL;
    }
    if (handle->locks->shared == NULL) {
        handle->locks->shared = mem_zalloc(1, sizeof(struct shared));
        if (handle->locks->shared == NULL) {
            return SQLITE_IOERR_NOMEM;
        }
        handle->locks->shared->generation = handle->generation;
    }
    handle->shared = handle->locks->shared;
    handle->shared->user_count++;
    return SQLITE_OK;
}

static int shm_map_locked(struct handle *handle, int region, int bytes, int extend,
                          void volatile **out)
{
    int code = shared_join(handle);
    if (code != SQLITE_OK) {
        return code;
    }
    if (region >= REGIONS_MAX) {
        return SQLITE_IOERR_SHMSIZE;
    }
    if (handle->shared->regions[region] == NULL && extend) {
        code = fault_disk_step(handle->vfs->disk, FAULT_SHARE) == FAULT_GO ? SQLITE_OK
                                                                           : SQLITE_IOERR_SHMSIZE;
        if (code != SQLITE_OK) {
            return code;
        }
        handle->shared->regions[region] = mem_zalloc(1, (size_t)bytes);
        if (handle->shared->regions[region] == NULL) {
            return SQLITE_IOERR_NOMEM;
        }
    }
    *out = handle->shared->regions[region];
    return SQLITE_OK;
}

static int file_shm_map(sqlite3_file *file, int region, int bytes, int extend, void volatile **out)
{
    struct handle *handle = handle_of(file);
    *out = NULL;
    pthread_mutex_lock(&handle->vfs->mutex);
    int code =
        is_stale(handle) ? SQLITE_IOERR_SHMMAP : shm_map_locked(handle, region, bytes, extend, out);
    return leave(handle->vfs, code);
}

static int shm_lock_one(struct handle *handle, unsigned int slot, int flags)
{
    struct shared *shared = handle->shared;
    uint32_t bit = 1U << slot;
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        if ((flags & SQLITE_SHM_SHARED) != 0 && (handle->mine_shared & bit) != 0) {
            shared->lock_shared[slot]--;
            handle->mine_shared &= ~bit;
        }
        if ((flags & SQLITE_SHM_EXCLUSIVE) != 0 && (handle->mine_exclusive & bit) != 0) {
            shared->lock_exclusive[slot] = false;
            handle->mine_exclusive &= ~bit;
        }
        return SQLITE_OK;
    }
    if ((flags & SQLITE_SHM_SHARED) != 0) {
        if ((handle->mine_shared & bit) == 0) {
            if (shared->lock_exclusive[slot]) {
                return SQLITE_BUSY;
            }
            shared->lock_shared[slot]++;
            handle->mine_shared |= bit;
        }
        return SQLITE_OK;
    }
    uint32_t own = (handle->mine_shared & bit) != 0 ? 1 : 0;
    if (shared->lock_exclusive[slot] || shared->lock_shared[slot] > own) {
        return SQLITE_BUSY;
    }
    shared->lock_exclusive[slot] = true;
    handle->mine_exclusive |= bit;
    return SQLITE_OK;
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    struct handle *handle = handle_of(file);
    bool unlocks = (flags & SQLITE_SHM_UNLOCK) != 0;
    pthread_mutex_lock(&handle->vfs->mutex);
    if (handle->shared == NULL) {
        return leave(handle->vfs, SQLITE_IOERR_SHMLOCK);
    }
    int code = SQLITE_OK;
    if (!unlocks) {
        code = is_stale(handle) ? SQLITE_IOERR_SHMLOCK : SQLITE_OK;
        if (code == SQLITE_OK && fault_disk_step(handle->vfs->disk, FAULT_LOCK) != FAULT_GO) {
            code = SQLITE_IOERR_SHMLOCK;
        }
    }
    int done = 0;
    for (; done < count && code == SQLITE_OK; done++) {
        code = shm_lock_one(handle, (unsigned int)(offset + done), flags);
    }
    if (code != SQLITE_OK && !unlocks) {
        /* All or none: the one that was refused is not held. */
        for (int index = 0; index < done - 1; index++) {
            (void)shm_lock_one(handle, (unsigned int)(offset + index),
                               (flags & ~SQLITE_SHM_LOCK) | SQLITE_SHM_UNLOCK);
        }
    }
    return leave(handle->vfs, code);
}

static void file_shm_barrier(sqlite3_file *file)
{
    struct handle *handle = handle_of(file);
    pthread_mutex_lock(&handle->vfs->mutex);
    pthread_mutex_unlock(&handle->vfs->mutex);
}

static int file_shm_unmap(sqlite3_file *file, int delete_it)
{
    struct handle *handle = handle_of(file);
    (void)delete_it;
    pthread_mutex_lock(&handle->vfs->mutex);
    shared_leave(handle);
    return leave(handle->vfs, SQLITE_OK);
}

/* File locks, as "File Locking And Concurrency In SQLite Version 3" has them. */

static int lock_raise(struct handle *handle, int level)
{
    struct locks *locks = handle->locks;
    if (handle->level == SQLITE_LOCK_NONE) {
        if (locks->pending || locks->exclusive) {
            return SQLITE_BUSY;
        }
        locks->shared_count++;
        handle->level = SQLITE_LOCK_SHARED;
    }
    if (level >= SQLITE_LOCK_RESERVED && handle->level < SQLITE_LOCK_RESERVED) {
        if (locks->reserved) {
            return SQLITE_BUSY;
        }
        locks->reserved = true;
        handle->level = SQLITE_LOCK_RESERVED;
    }
    if (level == SQLITE_LOCK_EXCLUSIVE && handle->level < SQLITE_LOCK_EXCLUSIVE) {
        if (handle->level < SQLITE_LOCK_PENDING && locks->pending) {
            return SQLITE_BUSY;
        }
        locks->pending = true;
        handle->level = SQLITE_LOCK_PENDING;
        if (locks->shared_count > 1) {
            return SQLITE_BUSY;
        }
        locks->exclusive = true;
        handle->level = SQLITE_LOCK_EXCLUSIVE;
    }
    return SQLITE_OK;
}

static void lock_lower(struct handle *handle, int level)
{
    struct locks *locks = handle->locks;
    if (locks->generation != handle->generation) {
        handle->level = SQLITE_LOCK_NONE;
        return;
    }
    if (handle->level >= SQLITE_LOCK_PENDING) {
        locks->pending = false;
    }
    if (handle->level >= SQLITE_LOCK_EXCLUSIVE) {
        locks->exclusive = false;
    }
    if (handle->level >= SQLITE_LOCK_RESERVED) {
        locks->reserved = false;
    }
    if (handle->level >= SQLITE_LOCK_SHARED && level == SQLITE_LOCK_NONE) {
        locks->shared_count--;
    }
    handle->level = handle->level < level ? handle->level : level;
}

static int file_lock(sqlite3_file *file, int level)
{
    struct handle *handle = handle_of(file);
    int code = enter_file(handle, FAULT_LOCK, SQLITE_IOERR_LOCK);
    if (code == SQLITE_OK && level > handle->level) {
        code = lock_raise(handle, level);
    }
    return leave(handle->vfs, code);
}

static int file_unlock(sqlite3_file *file, int level)
{
    struct handle *handle = handle_of(file);
    pthread_mutex_lock(&handle->vfs->mutex);
    lock_lower(handle, level);
    return leave(handle->vfs, SQLITE_OK);
}

static int file_check_reserved(sqlite3_file *file, int *out)
{
    struct handle *handle = handle_of(file);
    int code = enter_file(handle, FAULT_LOCK, SQLITE_IOERR_CHECKRESERVEDLOCK);
    *out = code == SQLITE_OK && handle->locks->reserved;
    return leave(handle->vfs, code);
}

/* Bytes. */

static int file_close(sqlite3_file *file)
{
    struct handle *handle = handle_of(file);
    pthread_mutex_lock(&handle->vfs->mutex);
    shared_leave(handle);
    lock_lower(handle, SQLITE_LOCK_NONE);
    fault_disk_close(handle->vfs->disk, handle->file);
    return leave(handle->vfs, SQLITE_OK);
}

static int file_read(sqlite3_file *file, void *out, int count, sqlite3_int64 offset)
{
    struct handle *handle = handle_of(file);
    int code = enter_file(handle, FAULT_READ, SQLITE_IOERR_READ);
    if (code == SQLITE_OK) {
        struct text text = fault_file_text(handle->file);
        size_t left = (uint64_t)offset < text.count ? text.count - (size_t)offset : 0;
        size_t there = left < (size_t)count ? left : (size_t)count;
        if (there > 0) {
            memcpy(out, text.data + offset, there);
        }
        memset((char *)out + there, 0, (size_t)count - there);
        code = there < (size_t)count ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
    }
    return leave(handle->vfs, code);
}

static int write_locked(struct handle *handle, struct text data, uint64_t offset)
{
    struct fault_disk *disk = handle->vfs->disk;
    if (is_stale(handle)) {
        return SQLITE_IOERR_WRITE;
    }
    enum fault_verdict verdict = fault_disk_step(disk, FAULT_WRITE);
    if (verdict == FAULT_GO) {
        return code_of(fault_file_write(disk, handle->file, offset, data), SQLITE_IOERR_WRITE);
    }
    if (verdict != FAULT_DEAD) {
        data.count = fault_disk_part(disk, offset, data.count);
        BEST_EFFORT(fault_file_write(disk, handle->file, offset, data));
    }
    return refusal(handle->vfs, verdict, SQLITE_IOERR_WRITE);
}

static int file_write(sqlite3_file *file, const void *data, int count, sqlite3_int64 offset)
{
    struct handle *handle = handle_of(file);
    pthread_mutex_lock(&handle->vfs->mutex);
    int code =
        write_locked(handle, (struct text){.data = data, .count = (size_t)count}, (uint64_t)offset);
    return leave(handle->vfs, code);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 bytes)
{
    struct handle *handle = handle_of(file);
    int code = enter_file(handle, FAULT_TRUNCATE, SQLITE_IOERR_TRUNCATE);
    if (code == SQLITE_OK) {
        code = code_of(fault_file_truncate(handle->vfs->disk, handle->file, (uint64_t)bytes),
                       SQLITE_IOERR_TRUNCATE);
    }
    return leave(handle->vfs, code);
}

static int flush_locked(struct handle *handle)
{
    struct fault_disk *disk = handle->vfs->disk;
    if (is_stale(handle)) {
        return SQLITE_IOERR_FSYNC;
    }
    enum fault_verdict verdict = fault_disk_step(disk, FAULT_FLUSH);
    if (verdict != FAULT_GO) {
        if (verdict == FAULT_FAIL) {
            fault_file_flush_fail(handle->file);
        }
        return refusal(handle->vfs, verdict, SQLITE_IOERR_FSYNC);
    }
    fault_file_flush(handle->file);
    if (handle->flush_names) {
        fault_disk_flush_names(disk);
        handle->flush_names = false;
    }
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags)
{
    struct handle *handle = handle_of(file);
    (void)flags;
    pthread_mutex_lock(&handle->vfs->mutex);
    return leave(handle->vfs, flush_locked(handle));
}

static int file_size(sqlite3_file *file, sqlite3_int64 *out)
{
    struct handle *handle = handle_of(file);
    pthread_mutex_lock(&handle->vfs->mutex);
    *out = (sqlite3_int64)fault_file_text(handle->file).count;
    return leave(handle->vfs, is_stale(handle) ? SQLITE_IOERR_FSTAT : SQLITE_OK);
}

static int file_control(sqlite3_file *file, int op, void *argument)
{
    (void)file;
    (void)op;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector_bytes(sqlite3_file *file)
{
    (void)file;
    return 4096;
}

static int file_characteristics(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_bytes,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

/* Names. */

static int handle_open(struct fault_vfs *vfs, const char *name, int flags, struct handle *handle)
{
    enum error error =
        fault_disk_open(vfs->disk, name, (flags & SQLITE_OPEN_CREATE) != 0, &handle->file);
    if (error != ERR_OK) {
        return code_of(error, SQLITE_CANTOPEN);
    }
    void **slot = fault_file_slot(handle->file);
    if (*slot == NULL) {
        *slot = mem_zalloc(1, sizeof(struct locks));
        if (*slot == NULL) {
            fault_disk_close(vfs->disk, handle->file);
            return SQLITE_IOERR_NOMEM;
        }
    }
    handle->generation = fault_disk_generation(vfs->disk);
    handle->locks = *slot;
    if (handle->locks->generation != handle->generation) {
        /* Of dead processes. */
        *handle->locks = (struct locks){.generation = handle->generation};
    }
    handle->vfs = vfs;
    handle->flush_names = (flags & SQLITE_OPEN_CREATE) != 0 &&
                          (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
    handle->base.pMethods = &file_methods;
    return SQLITE_OK;
}

static int vfs_open(sqlite3_vfs *base, sqlite3_filename name, sqlite3_file *file, int flags,
                    int *out_flags)
{
    struct fault_vfs *vfs = vfs_of(base);
    struct handle *handle = handle_of(file);
    *handle = (struct handle){0};
    if (name == NULL) {
        /* A temporary file; the journal is set to need none. */
        return SQLITE_CANTOPEN;
    }
    int code = enter(vfs, FAULT_OPEN, SQLITE_CANTOPEN);
    if (code == SQLITE_OK) {
        code = handle_open(vfs, name, flags, handle);
    }
    if (out_flags != NULL) {
        *out_flags = flags;
    }
    return leave(vfs, code);
}

static int vfs_delete(sqlite3_vfs *base, const char *name, int flush)
{
    struct fault_vfs *vfs = vfs_of(base);
    int code = enter(vfs, FAULT_DELETE, SQLITE_IOERR_DELETE);
    if (code == SQLITE_OK) {
        code = fault_disk_delete(vfs->disk, name, flush != 0) == ERR_OK ? SQLITE_OK
                                                                        : SQLITE_IOERR_DELETE_NOENT;
    }
    return leave(vfs, code);
}

static int vfs_access(sqlite3_vfs *base, const char *name, int flags, int *out)
{
    struct fault_vfs *vfs = vfs_of(base);
    struct text text = TEXT_NONE;
    pthread_mutex_lock(&vfs->mutex);
    /* As SQLite's own VFS: an empty file does not exist. */
    *out = fault_disk_look(vfs->disk, name, &text) &&
           (flags != SQLITE_ACCESS_EXISTS || text.count > 0);
    return leave(vfs, SQLITE_OK);
}

static int vfs_full_path(sqlite3_vfs *base, const char *name, int room, char *out)
{
    (void)base;
    size_t bytes = strlen(name) + 1;
    if (bytes > (size_t)room) {
        return SQLITE_CANTOPEN;
    }
    memcpy(out, name, bytes);
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *base, int count, char *out)
{
    struct fault_vfs *vfs = vfs_of(base);
    pthread_mutex_lock(&vfs->mutex);
    for (int index = 0; index < count; index++) {
        out[index] = (char)(fault_disk_random(vfs->disk) >> 32);
    }
    pthread_mutex_unlock(&vfs->mutex);
    return count;
}

static int vfs_sleep(sqlite3_vfs *base, int microseconds)
{
    struct fault_vfs *vfs = vfs_of(base);
    pthread_mutex_lock(&vfs->mutex);
    vfs->slept_us += (uint64_t)microseconds;
    pthread_mutex_unlock(&vfs->mutex);
    return microseconds;
}

static int vfs_time(sqlite3_vfs *base, sqlite3_int64 *out)
{
    struct fault_vfs *vfs = vfs_of(base);
    pthread_mutex_lock(&vfs->mutex);
    *out = TIME_START_MS + (sqlite3_int64)(vfs->slept_us / 1000);
    return leave(vfs, SQLITE_OK);
}

static int vfs_last_error(sqlite3_vfs *base, int count, char *out)
{
    (void)base;
    if (count > 0) {
        out[0] = '\0';
    }
    return 0;
}

uint64_t fault_vfs_slept_us(const struct fault_vfs *vfs)
{
    return vfs->slept_us;
}

struct fault_vfs *fault_vfs_new(struct fault_disk *disk, const char *name)
{
    struct fault_vfs *vfs = mem_zalloc(1, sizeof(*vfs));
    if (vfs == NULL) {
        return NULL;
    }
    vfs->disk = disk;
    vfs->base = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = (int)sizeof(struct handle),
        .mxPathname = PATH_LENGTH_MAX,
        .zName = name,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xGetLastError = vfs_last_error,
        .xCurrentTimeInt64 = vfs_time,
    };
    check(pthread_mutex_init(&vfs->mutex, NULL) == 0);
    if (sqlite3_vfs_register(&vfs->base, 0) != SQLITE_OK) {
        pthread_mutex_destroy(&vfs->mutex);
        mem_free(vfs);
        return NULL;
    }
    return vfs;
}

void fault_vfs_free(struct fault_vfs *vfs)
{
    if (vfs == NULL) {
        return;
    }
    (void)sqlite3_vfs_unregister(&vfs->base);
    pthread_mutex_destroy(&vfs->mutex);
    mem_free(vfs);
}
