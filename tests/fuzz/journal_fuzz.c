/*
 * The journal given arbitrary bytes as its database, its WAL and SQLite's rollback journal. It
 * refuses them with a sentence, or it works: what it then stores is there when it is opened again.
 *
 * The input: a byte of options, two bytes for the length of the database in units of 512 bytes, one
 * byte for the length of the rollback journal in the same unit, and then the files one after the
 * other; the rest is the WAL.
 */
#include "base/check.h"
#include "journal/journal.h"
#include "sim/fault_vfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VFS_NAME "fuzz"
#define FILE_NAME "/fuzz/madang.db"
#define HEAD_BYTES 4
#define UNIT_BYTES 512
#define FUZZ_BYTES_MAX (256 * 1024)
#define DISK_BYTES (16 * 1024 * 1024)
#define OPTION_SYNC 0x03
#define OPTION_CHECK_IN_PART 0x04

/* Cuts the next count bytes off the rest, or as many as there are. */
static struct text cut(struct text *rest, size_t count)
{
    struct text piece = {.data = rest->data, .count = count < rest->count ? count : rest->count};
    rest->data += piece.count;
    rest->count -= piece.count;
    return piece;
}

static void file_lay(struct fault_disk *disk, const char *name, struct text content)
{
    if (content.count > 0) {
        check(fault_disk_put(disk, name, content) == ERR_OK);
    }
}

/* Stores one message; true when it is acknowledged. */
static bool message_store(struct journal *journal, uint64_t seq)
{
    const struct row row = {.kind = ROW_MESSAGE,
                            .seq = seq,
                            .time_ms = 1,
                            .channel = TEXT("#madang"),
                            .nick = TEXT("user1"),
                            .text = TEXT("hello")};
    return journal_begin(journal) == ERR_OK && journal_put(journal, &row) == ERR_OK &&
           journal_commit(journal, seq, 1) == ERR_OK;
}

/* What a start would give to the core. */
static void row_take(void *context, const struct row *row)
{
    bool *in_channel = context;
    check(row->kind == ROW_CHANNEL || row->kind == ROW_MASK || row->kind == ROW_METADATA ||
          row->kind == ROW_BAN);
    check(row->channel.count <= CHANNEL_BYTES_MAX && row->nick.count <= NAME_BYTES_MAX);
    check(row->text.count <= MESSAGE_BYTES_MAX && row->extra.count <= IRC_TAGS_BYTES_MAX);
    check(row->kind != ROW_MASK || (row->extra.count > 2 && row->extra.data[1] == ' '));
    *in_channel = *in_channel || row->kind == ROW_CHANNEL;
    check(*in_channel || row->kind == ROW_BAN);
}

static void play(const struct journal_options *options)
{
    struct journal *journal = NULL;
    struct journal_mark mark = {0};
    struct bytes problem = {0};
    enum error error = journal_sqlite_open(options, 1, &journal, &mark, &problem);
    if (error != ERR_OK) {
        /* Nothing else has failed than the bytes. (SQLite 3.40 says that it is out of memory where
         * a damaged record says that it is too large.) */
        check(error == ERR_DAMAGED || error == ERR_VERSION || error == ERR_MEMORY);
        check(problem.count > 0);
        bytes_finish(&problem);
        return;
    }
    bool in_channel = false;
    BEST_EFFORT(journal_load(journal, row_take, &in_channel));
    bool stored = message_store(journal, mark.seq + 1);
    if (stored) {
        BEST_EFFORT(journal_maintain(journal));
    }
    uint64_t seq = mark.seq + 1;
    journal_free(journal);
    /* What was checked in part may be found damaged later. */
    error = journal_sqlite_open(options, 1, &journal, &mark, &problem);
    if (error == ERR_OK) {
        check(!stored || mark.seq == seq);
        journal_free(journal);
    } else {
        check(error != ERR_VERSION && options->check_bytes_max != 0);
    }
    bytes_finish(&problem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD_BYTES || size > FUZZ_BYTES_MAX) {
        return 0;
    }
    struct fault_disk *disk = fault_disk_new(1);
    check(disk != NULL);
    struct fault_vfs *vfs = fault_vfs_new(disk, VFS_NAME);
    check(vfs != NULL);
    fault_disk_capacity_set(disk, DISK_BYTES);
    struct text rest = {.data = (const char *)data + HEAD_BYTES, .count = size - HEAD_BYTES};
    file_lay(disk, FILE_NAME, cut(&rest, ((size_t)data[1] << 8 | data[2]) * UNIT_BYTES));
    file_lay(disk, FILE_NAME "-journal", cut(&rest, (size_t)data[3] * UNIT_BYTES));
    file_lay(disk, FILE_NAME "-wal", rest);
    play(&(struct journal_options){
        .directory = "/fuzz",
        .vfs = VFS_NAME,
        .sync = (enum journal_sync)((data[0] & OPTION_SYNC) % 3),
        .check_bytes_max = (data[0] & OPTION_CHECK_IN_PART) != 0 ? 1 : 0,
    });
    fault_vfs_free(vfs);
    fault_disk_free(disk);
    return 0;
}
