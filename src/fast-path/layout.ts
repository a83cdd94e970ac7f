/*
 * Where things stand in the memory of the fast path, for both languages that read it: AssemblyScript in this folder, and
 * TypeScript in connection/deferred-flows.ts. Addresses are in bytes; fields of a record are words from its begin, times
 * doubles.
 */

/**
 * The piece of a capture that is walked, unless its segments were decoded on another thread. A capture may be read to the first
 * half; what was read elsewhere is copied to the second one.
 */
export const CHUNK = 0x100000;
export const COPIED = 0x80000;
export const MOST_COPIED = 0x80000;

/** A bit for each port: whether a listener at that port is watched. */
export const WATCHED_PORTS = 0x10000;

/** A bit for each hash, modulo 2^20, of keys of flows that are or were followed in full. */
export const FOLLOWED_KEYS = 0x20000;
export const FOLLOWED_KEYS_BYTES = 0x20000;

/** Flows that are closing or leaving together: 16 bytes each, the flow in a word, another word, and a double, when. */
export const NOTED_FLOWS = 0x40000;
export const MOST_NOTED_FLOWS = 0x1000;
/** Of those that were looked at by `foresee`: the lowest words of their addresses, two each. */
export const FORESEEN_HOSTS = 0x60000;

/** Segments that are taken together: they are decoded, then their records are looked for, then they are taken. */
export const BATCH = 0x50000;
export const MOST_OF_BATCH = 64;
/** Addresses of those among them that begin a connection. */
export const SYNS = 0x54000;
/** Addresses of what they will be taken with, a word each. */
export const GLANCES = 0x55000;
/** Addresses of the records that segments of a batch most likely belong to. */
export const GUESSES = 0x56000;
/** The segment that decode/ has read. */
export const OFFERED = 0x58000;

/** A segment that is kept one by one. Of one flow, so many are at most. */
export const SEGMENT_WORDS = 8;
export const MOST_SEGMENTS = 63;
/* Its words. Its sequence number follows from those before it, but for a SYN. */
/** Nanoseconds since the flow's segment before it: the lower 32 bits. */
export const KEPT_SILENCE = 0;
export const KEPT_FRAME = 1;
/** Of a SYN, whose acknowledgement is known without: its own number. */
export const KEPT_NUMBER = 2;
/** Payload in the upper half, window in the lower; of a SYN, which has no payload, 1 + the shift of its window scale. */
export const KEPT_LENGTH = 3;
export const KEPT_TS_VAL = 4;
export const KEPT_TS_ECR = 5;
/** The lowest eleven bits of SEG_BITS; upper bits of the silence; the IPv4 identification in the upper half. */
export const KEPT_BITS = 6;
export const KEPT_SILENCE_SHIFT = 11;
/** Nanoseconds that a silence lasts at most before a segment that is kept: there are 37 bits for it. */
export const LONGEST_KEPT_SILENCE = 137e9;
/** Where one that does not stand behind its flow's record names the one before it. */
export const KEPT_BEFORE = 7;

/** A flow as it is told: its record, and its kept segments behind it, the oldest first. */
export const TOLD = 0x80000;
/** How values of closed flows are coded: fields at most, and how long values of each were. */
export const MOST_FIELDS = 128;
export const VALUE_COUNTS = 0x84000;

/**
 * Pages of memory, of which there are 65,536: a word for each one that is free, and for each one that packed flows stand in;
 * for each one of flows that have just closed a word, too, and which of them is the first that does not stand there any more.
 */
export const PAGE_BYTES = 0x10000;
export const FREE_PAGES = 0xc0000;
export const PACKED_PAGES = 0xc00000;
export const FRESH_PAGES = 0xc40000;
/** What a thread that packs flows shares with the one that they close on. */
export const PACKING = 0x83000;
/** A word of it: whether another thread packs flows. */
export const PACKED_ELSEWHERE = 0x83000;

/** Of the hash of a key: what its nine words are multiplied by, eight bytes each. */
export const MULTIPLIERS = 0x70000;
export const MULTIPLIERS_BYTES = 72;

/** A word for each record: indices of free ones. */
export const FREE_RECORDS = 0x1000000;
/** A word for each closed flow: where it stands. */
export const CLOSED_PLACES = 0x1800000;

/** Two indices of records, of at most 32 MB each, with room to copy what is there while they grow. */
export const OPEN_INDEX = 0x2000000;
export const CLOSED_INDEX = 0x8000000;

/**
 * Records of deferred flows. Each is four lines of 64 bytes; ordinary segments touch no more than the first two. They stand
 * together: with lines of one record in different pages of memory, the walk took a twentieth longer where it was the last two,
 * and a fourth where it was each. Behind them stand the first segments that are kept of the flow.
 */
export const RECORDS = 0xe000000;
export const MOST_RECORDS = 0x200000;
export const RECORD_WORDS = 64;
export const SEGMENTS_IN_RECORD = 6;
/** Flows are named by their record; those that have closed by numbers from here on. A power of two is the most of them. */
export const FIRST_CLOSED = 0x200000;
export const MOST_CLOSED = 0x200000;

/* Fields of a record's first line, which the next segment is compared with. */
/** The lowest words of the addresses: with IPv4, all there is. A is the lower endpoint. */
export const LOW_A = 0;
export const LOW_B = 1;
/** Port of A in the upper half, of B in the lower. */
export const PORTS = 2;
/** 0 where the record is free. */
export const BITS = 3;
/** Two words, one per direction: one past the highest sequence number sent. */
export const NEXT = 4;
/** The same: the highest acknowledgement sent. */
export const ACKED = 6;
/** A double: tap time of the last segment. */
export const LAST = 4;
/**
 * Per direction, how many of its segments were ordinary ones of an established connection. The lowest byte of the first is how many
 * others there are, which are kept one by one, that of the second how often sequence numbers wrapped: four bits per direction.
 */
export const ORDINARY = 10;
export const ORDINARY_SHIFT = 8;
export const LOWEST_BYTE = 0xff;
export const WRAPS_BITS = 4;
export const MOST_WRAPS = 0xf;
/** Of those ordinary ones that were not the last of their direction, the last one: its time, a double, and its frame. */
export const FOLDED_TIME = 6;
export const FOLDED_FRAME = 14;
/** Of those that are kept and do not stand behind the record: address of the newest one. */
export const NEWEST = 15;
/* Of its second line. Per direction: what the last ordinary segment was, four words of DIR, and its frame. */
export const DIRECTION = 16;
export const DIRECTION_WORDS = 4;
export const DIR_TS_VAL = 0;
export const DIR_TS_ECR = 1;
/** Flags and timestamps as in SEG_BITS, and the IPv4 identification in the upper half. */
export const DIR_BITS = 2;
/** As SEG_WND; of a segment that is kept, too. */
export const DIR_WND = 3;
export const FRAME = 24;
/** A double: when the last one of the direction was seen that the last segment is not of. */
export const OTHER_TIME = 13;
/** Doubles: as `DF.busySince` of connection/flow-record.ts, before the first FIN. */
export const BUSY_SINCE = 14;
/* Of its third line. Doubles: times of the tap. */
export const START = 16;
export const SYN_ACK_TIME = 17;
export const ACK_TIME = 18;
export const FIN_TIME = 19;
export const SECOND_FIN_TIME = 20;
/** The flow's number, from 1. */
export const NUMBER = 42;
export const TCP_STREAM = 43;
/** TSval of the opener's SYN. */
export const SYN_TS_VAL = 44;
/** Address of the oldest one. */
export const OLDEST = 45;
/** Per direction: `ACKED` before the first FIN. */
export const ACKED_BEFORE_FIN = 46;
/* Of its fourth line. */
/** Per direction: time of the first ordinary segment, a double, and its frame. */
export const FIRST_TIME = 24;
export const FIRST_FRAME = 52;
/** Three words for each address: what IPv6 addresses have above the lowest. */
export const UPPER = 54;

/** Pages, one behind the other; memory up to there is there from the begin. */
export const MORE_MEMORY = 0x46000000;

/* Bits of BITS, as connection/flow-record.ts has them. Those per direction are shifted left by it. */
export const IPV6 = 0x1;
export const OPENED_BY_B = 0x2;
export const ROLES_KNOWN = 0x4;
export const SYNCHRONIZED = 0x8;
export const ENDING = 0x10;
export const HAS_ISN = 0x100;
export const HAS_NEXT = 0x400;
export const HAS_ACKED = 0x1000;
export const HAS_FIN = 0x4000;
/* Flows that are followed in full have other uses for these bits. The last segment was sent by B. */
export const LAST_FROM_B = 0x20;
/** Per direction: its last segment has data; so much that not the application has cut it. */
export const LAST_DATA = 0x10000;
export const LAST_BULK = 0x40000;
export const HAS_SPOKEN = 0x100000;
export const HAS_SYN_TIMESTAMPS = 0x4000000;
/** Direction 1 sent the first FIN. Flows that are followed in full have another use for this bit. */
export const CLOSED_BY_B = 0x80000000;

/* What became of a segment. */
/** Its flow is not deferred. */
export const UNKNOWN = 0;
export const TAKEN = 1;
/** Taken; both ends have closed now, and both FINs are acknowledged. */
export const CLOSED = 2;
/** Not as sound as those before: its flow cannot be deferred any longer. */
export const UNSOUND = 3;

/* Why the walk through a chunk has stopped. */
/** The next record is not whole, or not for the fast path. */
export const HELD_UP = 0;
/** A flow is due, or there is no room to note more flows that have closed: it may go on. */
export const PAUSED = 1;

/*
 * A segment that was decoded has a line of 64 bytes, with IPv6 a second one for what addresses have above the lowest words. Its
 * fields are words from the line's begin; the time is a double.
 */
export const SEGMENT_LINE = 64;
export const SEG_TIME = 0;
/** Where its record begins in the chunk, and the next one. */
export const SEG_POSITION = 2;
export const SEG_NEXT = 3;
/** The flow's key, in the order of a record, and the hash of it. */
export const SEG_LOW_A = 4;
export const SEG_LOW_B = 5;
export const SEG_PORTS = 6;
export const SEG_HASH = 7;
/** Payload in the upper half. */
export const SEG_WND = 8;
export const SEG_SEQ = 9;
export const SEG_ACK = 10;
export const SEG_BITS = 11;
export const SEG_TS_VAL = 12;
export const SEG_TS_ECR = 13;
export const SEG_IP_ID = 14;
export const SEG_UPPER = 16;

/* Bits of SEG_BITS, above the nine TCP flags; in the uppermost four, 1 + window scale. */
export const SEG_FROM_B_SHIFT = 9;
export const SEG_TIMESTAMPS = 0x400;
export const SEG_IPV6 = 0x800;
/** It has options that no segment of a deferred flow has, or a longer payload. */
export const SEG_UNUSUAL = 0x1000;
export const SEG_SCALE_SHIFT = 28;

/* Written by a thread that decodes ahead (fast-path/ahead.ts): pieces of the capture, each with its segments behind it. */
export const PIECES = 0x200000;
export const MOST_PIECES = 6;
export const PIECE_BYTES = 0x80000;
export const MOST_DECODED_BYTES = 0x80000;
