/* Every bound of madang in one place. At the bound something defined happens, and a test stands at
 * bound + 1. */
#ifndef MADANG_MODEL_LIMITS_H
#define MADANG_MODEL_LIMITS_H

/* Names, in bytes of UTF-8. */
#define NAME_BYTES_MAX 32
#define CHANNEL_BYTES_MAX 64
#define TOPIC_BYTES_MAX 390
#define SERVER_NAME_BYTES_MAX 63
#define USER_BYTES_MAX 20
#define HOST_BYTES_MAX 63
#define ADDRESS_BYTES_MAX 45 /* An IPv6 address in its longest text form. */
#define REALNAME_BYTES_MAX 150
#define AWAY_BYTES_MAX 390
#define KEY_BYTES_MAX 32
#define MASK_BYTES_MAX 160 /* nick!user@host, and the prefix of an extended ban. */
#define METADATA_KEY_BYTES_MAX 64
#define METADATA_VALUE_BYTES_MAX 300

/* IRC. */
#define IRC_LINE_BYTES_MAX 512  /* With CR LF, without tags. */
#define IRC_TAGS_BYTES_MAX 4094 /* Of a client, without '@' and the space (IRCv3 message-tags). */
#define IRC_PARAMS_MAX 15
#define IRC_LABEL_BYTES_MAX 64
#define MULTILINE_BYTES_MAX 4096
#define MULTILINE_LINES_MAX 100
#define MONITOR_COUNT_MAX 100
#define METADATA_SUBS_MAX 50

/* Operators, and what is told to those who come in; auth/password.h has the bounds of passwords. */
#define OPERATORS_MAX 32
#define VERIFY_WHO_BYTES_MAX 200 /* Of the words by which the log names who asks. */
#define MOTD_BYTES_MAX (16 * 1024)
#define MOTD_LINES_MAX 200
#define MOTD_LINE_BYTES_MAX 390

/* Lines, in bytes without their end. */
#define PLAIN_LINE_BYTES_MAX 4096
/* What the report's client sends in one piece; longer pieces are messages all the same, up to the
 * line's bound. */
#define PLAIN_CHUNK_BYTES_MAX PLAIN_LINE_BYTES_MAX
/* A message as the core takes it, and the words that go with a leave or a kick. */
#define MESSAGE_BYTES_MAX 4096
#define REASON_BYTES_MAX 390

/* One connection. */
#define INPUT_BYTES_MAX 8192
#define OUTPUT_STOP_READING_BYTES (16 * 1024)
#define OUTPUT_BYTES_MAX (256 * 1024)
#define CHANNELS_PER_SESSION_MAX 100

/* The whole server. */
#define WORKERS_MAX 64
#define LISTENERS_MAX 16
#define SESSIONS_MAX 200000
#define CHANNELS_MAX 100000
#define MEMBERS_PER_CHANNEL_MAX 200000
#define LIST_MASKS_MAX 100 /* In one list (bans, exceptions, invitations) of a channel. */
#define INVITES_PER_SESSION_MAX 32
#define ACCEPTS_PER_SESSION_MAX 32
#define METADATA_KEYS_MAX 50     /* Of one person or channel. */
#define MODES_PER_COMMAND_MAX 16 /* Changes that take a parameter. */
#define WHOWAS_MAX 1024          /* Kept in all. */
#define SERVER_BANS_MAX 4096
#define REDACT_ENTRIES_MAX 16384 /* So many entries ago a message can still be taken back. */
#define DESCRIPTORS_KEPT_BACK 32

/* One step of an answer: how much it may look at (core/ask_page.h), and the masks of one LIST that
 * are heeded. */
#define ASK_LOOKS_MAX 4096
#define LIST_CONDITIONS_MAX 8

/* One journal group: what one flush to the disk makes durable at most. */
#define GROUP_ENTRIES_MAX 4096
#define GROUP_BYTES_MAX (1024 * 1024)

/* The SQLite journal: how far its WAL grows before it is copied back, the room that it is given at
 * once, and how far it grows before commits help; the store up to which a start checks everything,
 * and the records that it checks in a larger one. */
#define JOURNAL_CHECKPOINT_BYTES (4 * 1024 * 1024)
#define JOURNAL_FILL_BYTES (16 * 1024 * 1024)
#define JOURNAL_WAL_BYTES_MAX (64 * 1024 * 1024)
#define JOURNAL_CHECK_BYTES_MAX (128 * 1024 * 1024)
#define JOURNAL_CHECK_ROWS_MAX 100000

/* The terminal client. */
#define CLIENT_HOST_BYTES_MAX 253            /* A host name as DNS has it. */
#define CLIENT_LINE_BYTES_MAX (16 * 1024)    /* Of a received line; what is past it is dropped. */
#define CLIENT_OUTBOX_BYTES_MAX (64 * 1024)  /* Unsent; past it standard input is not read. */
#define CLIENT_BACKLOG_BYTES_MAX (64 * 1024) /* Not yet shown; past it the socket is not read. */
#define CLIENT_PASTE_BYTES_MAX (1024 * 1024) /* Of one paste. */
#define CLIENT_HISTORY_COUNT_MAX 100         /* Typed lines that can be brought back. */
#define CLIENT_MARK_COUNT_MAX 6              /* Zero-width characters shown on one letter. */
#define CLIENT_PIECE_BYTES_MAX 1024          /* What the report's server reads at once. */
#define CLIENT_ECHO_COUNT_MAX 64             /* Own lines that may still come back. */
#define CLIENT_WINDOW_BYTES 2048             /* Sent to an IRC server before it has answered. */
#define CLIENT_BATCH_COUNT_MAX 4             /* Received messages of several lines, unfinished. */
#define CLIENT_ROOM_COUNT_MAX 16
#define CLIENT_PEOPLE_COUNT_MAX 256 /* Names that can be completed: the last seen. */

#endif
