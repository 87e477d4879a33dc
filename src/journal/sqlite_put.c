/* The statements of the running journal: rows go into their tables, or out of them. */
#include "journal/row_sum.h"
#include "journal/sqlite_store.h"

#include "base/check.h"

#include <string.h>

static const char *const statement_texts[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_PUT_STATE] = "UPDATE state SET last_seq = ?1, last_time_ms = ?2, closed = ?3,"
                            " check_sum = ?4 WHERE id = 1",
    [STATEMENT_PUT_MESSAGE] = "INSERT INTO message(seq, time_ms, channel, nick, text, check_sum)"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [STATEMENT_PUT_OTHER_MESSAGE] =
        "INSERT INTO message(seq, time_ms, channel, nick, text, check_sum, kind, tags)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [STATEMENT_PUT_EVENT] =
        "INSERT INTO event(seq, time_ms, channel, nick, kind, reason, check_sum, target, text)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [STATEMENT_FIND_MESSAGE] = "SELECT time_ms, channel, nick, kind FROM message WHERE seq = ?1",
    [STATEMENT_CLEAR_MESSAGE] =
        "UPDATE message SET text = '', tags = NULL, check_sum = ?2 WHERE seq = ?1",
    [STATEMENT_PUT_CHANNEL] =
        "REPLACE INTO channel(name, topic, topic_nick, topic_time_ms, modes, seq, time_ms,"
        " check_sum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [STATEMENT_DROP_CHANNEL] = "DELETE FROM channel WHERE name = ?1",
    [STATEMENT_DROP_CHANNEL_MASKS] = "DELETE FROM channel_mask WHERE channel = ?1",
    [STATEMENT_DROP_CHANNEL_METADATA] = "DELETE FROM channel_metadata WHERE channel = ?1",
    [STATEMENT_PUT_MASK] =
        "REPLACE INTO channel_mask(channel, list, mask, nick, set_time_ms, seq, time_ms,"
        " check_sum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [STATEMENT_DROP_MASK] =
        "DELETE FROM channel_mask WHERE channel = ?1 AND list = ?2 AND mask = ?3",
    [STATEMENT_PUT_METADATA] =
        "REPLACE INTO channel_metadata(channel, key, value, seq, time_ms, check_sum)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [STATEMENT_DROP_METADATA] = "DELETE FROM channel_metadata WHERE channel = ?1 AND key = ?2",
    [STATEMENT_PUT_BAN] =
        "REPLACE INTO server_ban(mask, reason, nick, until_time_ms, seq, time_ms, check_sum)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [STATEMENT_DROP_BAN] = "DELETE FROM server_ban WHERE mask = ?1",
};

static int prepare_one(struct store_statements *statements, enum store_statement which)
{
    return sqlite3_prepare_v3(statements->db, statement_texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                              &statements->of[which], NULL);
}

int store_prepare(sqlite3 *db, struct store_statements *out)
{
    struct store_statements made = {.db = db};
    for (int which = 0; which < STATEMENT_RARE; which++) {
        int code = prepare_one(&made, (enum store_statement)which);
        if (code != SQLITE_OK) {
            store_statements_finish(&made);
            return code;
        }
    }
    *out = made;
    return SQLITE_OK;
}

void store_statements_finish(struct store_statements *statements)
{
    for (int which = 0; which < STATEMENT_COUNT; which++) {
        sqlite3_finalize(statements->of[which]);
    }
    *statements = (struct store_statements){0};
}

int store_run(const struct store_statements *statements, enum store_statement which)
{
    int code = sqlite3_step(statements->of[which]);
    /* The reset says only what the step has said already. */
    sqlite3_reset(statements->of[which]);
    return code;
}

int store_put_state(const struct store_statements *statements, const struct store_state_row *row)
{
    sqlite3_stmt *statement = statements->of[STATEMENT_PUT_STATE];
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)row->last_seq);
    sqlite3_bind_int64(statement, 2, row->last_time_ms);
    sqlite3_bind_int(statement, 3, row->closed);
    sqlite3_bind_int64(statement, 4, store_state_sum(row));
    return store_run(statements, STATEMENT_PUT_STATE);
}

/*
 * Binding the small numbers and borrowed texts of a row cannot fail: the indices are right, nothing
 * is copied, and the texts are far below SQLite's bound.
 */

/* The text is the caller's during the step that follows, and NULL would be no text. */
static void bind_text(sqlite3_stmt *statement, int index, struct text text)
{
    sqlite3_bind_text(statement, index, text.data == NULL ? "" : text.data, (int)text.count,
                      SQLITE_STATIC);
}

/* An empty text is no text at all. */
static void bind_text_or_null(sqlite3_stmt *statement, int index, struct text text)
{
    if (text.count > 0) {
        bind_text(statement, index, text);
    } else {
        sqlite3_bind_null(statement, index);
    }
}

static void bind_word(sqlite3_stmt *statement, int index, const char *word)
{
    sqlite3_bind_text(statement, index, word, -1, SQLITE_STATIC);
}

/* Where pieces of one line meet in lines of several, nothing stands between them in the store. */
static struct text pieces_join(struct text text, char room[MESSAGE_BYTES_MAX])
{
    check(text.count <= MESSAGE_BYTES_MAX);
    size_t count = 0;
    for (size_t index = 0; index < text.count; index++) {
        if (text.data[index] != '\0') {
            room[count++] = text.data[index];
        }
    }
    return (struct text){.data = room, .count = count};
}

/* The columns of messages but for time and channel. */
static void message_bind(sqlite3_stmt *statement, const struct row *row)
{
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)row->seq);
    bind_text(statement, 4, row->nick);
    bind_text(statement, 5, row->text);
    sqlite3_bind_int64(statement, 6, row_sum(row));
}

static void other_message_bind(sqlite3_stmt *statement, const struct row *row)
{
    message_bind(statement, row);
    sqlite3_bind_int64(statement, 2, row->time_ms);
    bind_text(statement, 3, row->channel);
    bind_word(statement, 7, message_kind_word(row->flags));
    bind_text_or_null(statement, 8, row->extra);
}

static void event_bind(sqlite3_stmt *statement, const struct row *row)
{
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)row->seq);
    sqlite3_bind_int64(statement, 2, row->time_ms);
    bind_text(statement, 3, row->channel);
    bind_text(statement, 4, row->nick);
    bind_word(statement, 5, row_kind_word(row->kind));
    bind_word(statement, 6, row->kind == ROW_CLOSED ? leave_reason_word(row->reason) : NULL);
    sqlite3_bind_int64(statement, 7, row_sum(row));
    bind_text_or_null(statement, 8, row->extra);
    bind_text_or_null(statement, 9, row->text);
}

/* The columns that stand last in each table of state. The sum is over what the table keeps. */
static void bind_end(sqlite3_stmt *statement, int index, const struct row *row)
{
    sqlite3_bind_int64(statement, index, (sqlite3_int64)row->seq);
    sqlite3_bind_int64(statement, index + 1, row->time_ms);
    sqlite3_bind_int64(statement, index + 2, row_sum(row));
}

static void channel_bind(sqlite3_stmt *statement, const struct row *row)
{
    bind_text(statement, 1, row->channel);
    bind_text(statement, 2, row->text);
    bind_text(statement, 3, row->nick);
    sqlite3_bind_int64(statement, 4, row->number);
    bind_text(statement, 5, row->extra);
    bind_end(statement, 6, row);
}

static void channel_name_bind(sqlite3_stmt *statement, const struct row *row)
{
    bind_text(statement, 1, row->channel);
}

/* extra is the list's letter, a space and the mask. */
static void mask_name_bind(sqlite3_stmt *statement, const struct row *row)
{
    struct text extra = row->extra;
    check(extra.count > 2 && extra.count <= MASK_BYTES_MAX + 2 && extra.data[1] == ' ');
    bind_text(statement, 1, row->channel);
    bind_text(statement, 2, (struct text){.data = extra.data, .count = 1});
    bind_text(statement, 3, (struct text){.data = extra.data + 2, .count = extra.count - 2});
}

static void mask_bind(sqlite3_stmt *statement, const struct row *row)
{
    struct row kept = *row;
    kept.text = TEXT_NONE;
    mask_name_bind(statement, row);
    bind_text(statement, 4, row->nick);
    sqlite3_bind_int64(statement, 5, row->number);
    bind_end(statement, 6, &kept);
}

static void metadata_name_bind(sqlite3_stmt *statement, const struct row *row)
{
    bind_text(statement, 1, row->channel);
    bind_text(statement, 2, row->extra);
}

static void metadata_bind(sqlite3_stmt *statement, const struct row *row)
{
    struct row kept = *row;
    kept.nick = TEXT_NONE;
    kept.number = 0;
    metadata_name_bind(statement, row);
    bind_text(statement, 3, row->text);
    bind_end(statement, 4, &kept);
}

static void ban_name_bind(sqlite3_stmt *statement, const struct row *row)
{
    bind_text(statement, 1, row->extra);
}

static void ban_bind(sqlite3_stmt *statement, const struct row *row)
{
    struct row kept = *row;
    kept.channel = TEXT_NONE;
    ban_name_bind(statement, row);
    bind_text(statement, 2, row->text);
    bind_text(statement, 3, row->nick);
    sqlite3_bind_int64(statement, 4, row->number);
    bind_end(statement, 5, &kept);
}

/* What is run for a row, and how its values are put into it. */
struct put {
    enum store_statement which;
    void (*bind)(sqlite3_stmt *statement, const struct row *row);
};

static const struct put row_puts[ROW_KIND_COUNT] = {
    [ROW_MESSAGE] = {STATEMENT_PUT_OTHER_MESSAGE, other_message_bind},
    [ROW_JOINED] = {STATEMENT_PUT_EVENT, event_bind},
    [ROW_PARTED] = {STATEMENT_PUT_EVENT, event_bind},
    [ROW_CLOSED] = {STATEMENT_PUT_EVENT, event_bind},
    [ROW_KICKED] = {STATEMENT_PUT_EVENT, event_bind},
    [ROW_NICK] = {STATEMENT_PUT_EVENT, event_bind},
    [ROW_TOPIC] = {STATEMENT_PUT_EVENT, event_bind},
    [ROW_MODE] = {STATEMENT_PUT_EVENT, event_bind},
    [ROW_RENAMED] = {STATEMENT_PUT_EVENT, event_bind},
    [ROW_REDACTED] = {STATEMENT_PUT_EVENT, event_bind},
    [ROW_CHANNEL] = {STATEMENT_PUT_CHANNEL, channel_bind},
    [ROW_CHANNEL_DROP] = {STATEMENT_DROP_CHANNEL, channel_name_bind},
    [ROW_MASK] = {STATEMENT_PUT_MASK, mask_bind},
    [ROW_MASK_DROP] = {STATEMENT_DROP_MASK, mask_name_bind},
    [ROW_METADATA] = {STATEMENT_PUT_METADATA, metadata_bind},
    [ROW_METADATA_DROP] = {STATEMENT_DROP_METADATA, metadata_name_bind},
    [ROW_BAN] = {STATEMENT_PUT_BAN, ban_bind},
    [ROW_BAN_DROP] = {STATEMENT_DROP_BAN, ban_name_bind},
};
/* What goes with a channel. */
static const struct put drop_masks = {STATEMENT_DROP_CHANNEL_MASKS, channel_name_bind};
static const struct put drop_metadata = {STATEMENT_DROP_CHANNEL_METADATA, channel_name_bind};

/* Fine when it is prepared already. */
static int prepare_rare(struct store_statements *statements, enum store_statement which)
{
    return statements->of[which] == NULL ? prepare_one(statements, which) : SQLITE_OK;
}

static int put_run(struct store_statements *statements, const struct put *put,
                   const struct row *row)
{
    int code = prepare_rare(statements, put->which);
    if (code != SQLITE_OK) {
        return code;
    }
    put->bind(statements->of[put->which], row);
    return store_run(statements, put->which);
}

/* Neither notice nor TAGMSG, no tags: what nearly all rows are. */
static bool is_usual(const struct row *row)
{
    return row->kind == ROW_MESSAGE && row->extra.count == 0 &&
           (row->flags & (MESSAGE_NOTICE | MESSAGE_TAGMSG | MESSAGE_MULTILINE)) == 0;
}

static int usual_message_put(struct store_statements *statements, const struct row *row)
{
    sqlite3_stmt *statement = statements->of[STATEMENT_PUT_MESSAGE];
    struct text channel = {.data = statements->channel, .count = statements->channel_bytes};
    if (channel.count == 0 || row->time_ms != statements->time_ms) {
        sqlite3_bind_int64(statement, 2, row->time_ms);
        statements->time_ms = row->time_ms;
    }
    if (channel.count == 0 || !text_equal(row->channel, channel)) {
        check(row->channel.count > 0 && row->channel.count <= sizeof(statements->channel));
        memcpy(statements->channel, row->channel.data, row->channel.count);
        channel.count = statements->channel_bytes = row->channel.count;
        bind_text(statement, 3, channel);
    }
    message_bind(statement, row);
    return store_run(statements, STATEMENT_PUT_MESSAGE);
}

static int message_of_pieces_put(struct store_statements *statements, const struct row *row)
{
    char room[MESSAGE_BYTES_MAX];
    struct row joined = *row;
    joined.text = pieces_join(row->text, room);
    return put_run(statements, &row_puts[ROW_MESSAGE], &joined);
}

/* The sum of the message that found stands on, without text and tags. */
static int64_t cleared_sum(sqlite3_stmt *found, uint64_t seq)
{
    const struct row row = {
        .kind = ROW_MESSAGE,
        .flags = message_kind_of_word(store_column(found, 3)),
        .seq = seq,
        .time_ms = sqlite3_column_int64(found, 0),
        .channel = store_column(found, 1),
        .nick = store_column(found, 2),
    };
    return row_sum(&row);
}

/* Takes text and tags of a message out of the store; somebody may have removed all of it. */
static int message_clear(struct store_statements *statements, int64_t seq)
{
    int code = prepare_rare(statements, STATEMENT_FIND_MESSAGE);
    code = code == SQLITE_OK ? prepare_rare(statements, STATEMENT_CLEAR_MESSAGE) : code;
    if (code != SQLITE_OK) {
        return code;
    }
    sqlite3_stmt *find = statements->of[STATEMENT_FIND_MESSAGE];
    sqlite3_stmt *clear = statements->of[STATEMENT_CLEAR_MESSAGE];
    sqlite3_bind_int64(find, 1, seq);
    sqlite3_bind_int64(clear, 1, seq);
    code = sqlite3_step(find);
    const bool is_found = code == SQLITE_ROW;
    if (is_found) {
        sqlite3_bind_int64(clear, 2, cleared_sum(find, (uint64_t)seq));
    }
    sqlite3_reset(find);
    return is_found ? store_run(statements, STATEMENT_CLEAR_MESSAGE) : code;
}

int store_put_row(struct store_statements *statements, const struct row *row)
{
    if (is_usual(row)) {
        return usual_message_put(statements, row);
    }
    check(row->kind < ROW_KIND_COUNT && row_puts[row->kind].bind != NULL);
    if (row->kind == ROW_MESSAGE && (row->flags & MESSAGE_MULTILINE) != 0) {
        return message_of_pieces_put(statements, row);
    }
    int code = put_run(statements, &row_puts[row->kind], row);
    if (row->kind == ROW_CHANNEL_DROP && code == SQLITE_DONE) {
        code = put_run(statements, &drop_masks, row);
    }
    if (row->kind == ROW_CHANNEL_DROP && code == SQLITE_DONE) {
        code = put_run(statements, &drop_metadata, row);
    }
    if (row->kind == ROW_REDACTED && code == SQLITE_DONE) {
        code = message_clear(statements, row->number);
    }
    return code;
}
