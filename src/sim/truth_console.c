/* The console's lines, held against the facts. */
#include "base/check.h"
#include "server/console.h"
#include "sim/truth.h"

/* Of what happens in the lobby, what the console tells. */
static bool is_told(const struct fact *fact)
{
    return fact->is_row && fact->room == 0 && fact->kind != ROW_TOPIC && fact->kind != ROW_MODE &&
           fact->kind != ROW_REDACTED && !fact->is_for_some;
}

static void console_expect(const struct fact *fact, struct bytes *out)
{
    const char *nick = fact->nick.data;
    int count = (int)fact->nick.count;
    enum error error = ERR_OK;
    if (fact->kind == ROW_MESSAGE) {
        error = bytes_append_text(out, bytes_text(&fact->line));
        check(error == ERR_OK && bytes_append_text(out, TEXT("\n")) == ERR_OK);
        return;
    }
    if (fact->kind == ROW_NICK) {
        error = bytes_format(out, "[%.*s] 이름 변경: [%.*s]\n", count, nick, (int)fact->text.count,
                             fact->text.data);
        check(error == ERR_OK);
        return;
    }
    bool is_proper = fact->kind == ROW_PARTED || fact->reason == LEAVE_QUIT;
    const char *word = fact->kind == ROW_JOINED ? "접속" : is_proper ? "접속 종료" : "비정상 종료";
    error = bytes_format(out, "[%.*s] %s\n[%u]명의 사용자 접속 중\n", count, nick, word,
                         (unsigned)fact->member_count);
    check(error == ERR_OK);
}

void truth_console(struct truth *truth, const struct effect *effect)
{
    struct bytes lines = {0};
    struct bytes expected = {0};
    check(console_render(effect, text_of(truth->lobby), &truth->lobby_id, &lines) == ERR_OK);
    if (lines.count == 0) {
        /* After a lost line it may not know that one of the rooms is the lobby. */
        bool is_nameless = effect->kind == EFFECT_CLOSED || effect->kind == EFFECT_NICK;
        truth->console_blind +=
            truth->lobby_id == 0 && is_nameless && effect->channel_count > 0 ? 1 : 0;
        return;
    }
    while (truth->console_cursor < truth->fact_count &&
           (truth->facts[truth->console_cursor].seq < effect->seq ||
            !is_told(&truth->facts[truth->console_cursor]))) {
        truth->console_skipped += is_told(&truth->facts[truth->console_cursor]) ? 1 : 0;
        truth->console_cursor++;
    }
    if (truth->console_cursor == truth->fact_count ||
        truth->facts[truth->console_cursor].seq != effect->seq) {
        report_violation(truth->report, "the console shows entry %llu out of order",
                         (unsigned long long)effect->seq);
    } else {
        console_expect(&truth->facts[truth->console_cursor], &expected);
        if (!text_equal(bytes_text(&lines), bytes_text(&expected))) {
            report_violation(truth->report, "the console shows \"%.*s\" for \"%.*s\"",
                             (int)lines.count, lines.data, (int)expected.count, expected.data);
        }
        truth->console_cursor++;
    }
    bytes_finish(&lines);
    bytes_finish(&expected);
}

uint64_t truth_console_missing(const struct truth *truth)
{
    uint64_t missing = truth->console_skipped;
    for (size_t i = truth->console_cursor; i < truth->fact_count; i++) {
        missing += is_told(&truth->facts[i]) ? 1 : 0;
    }
    return missing;
}
