/* Reads the sizes in H.264 sequence parameter sets, VP8 key frame headers and VP9 uncompressed
 * headers, and holds them against the limit. */
#include "receiver/picture-size.h"

#include <string.h>

#include "common/base/bytes.h"

G_DEFINE_QUARK(lec_picture_error_quark, lec_picture_error)

static bool unreadable(GError **error, const char *what) {
    g_set_error(error, LEC_PICTURE_ERROR, LEC_PICTURE_ERROR_UNREADABLE,
                "The picture's %s cannot be read.", what);
    return false;
}

static bool refuse(GError **error, const char *kind) {
    g_set_error(error, LEC_PICTURE_ERROR, LEC_PICTURE_ERROR_REFUSED,
                "The pictures are %s, which was not agreed.", kind);
    return false;
}

static guint in_blocks(guint side) {
    return (side + 15) / 16;
}

/* One announced size: checked, and noted where it is the largest so far. */
static bool take(guint width, guint height, LecPictureSize *size, GError **error) {
    if (width == 0 || height == 0)
        return unreadable(error, "size");
    if (width > LEC_PICTURE_MAX_SIDE || height > LEC_PICTURE_MAX_SIDE ||
        in_blocks(width) * in_blocks(height) > LEC_PICTURE_MAX_BLOCKS) {
        g_set_error(error, LEC_PICTURE_ERROR, LEC_PICTURE_ERROR_REFUSED,
                    "Pictures of %u × %u are larger than this box shows.", width, height);
        return false;
    }
    if (width * height > size->width * size->height)
        *size = (LecPictureSize){width, height};
    return true;
}

/* ---- bits ---- */

typedef struct {
    const guint8 *data;
    gsize len, pos;
    guint bit;     /* of data[pos], from the top */
    guint zeros;   /* bytes of zero just read */
    bool escaped;  /* H.264 §7.4.1: the 3 in 0 0 3 is none of the data */
    bool too_long; /* read past the end: what was read means nothing */
} Bits;

static guint read_bit(Bits *self) {
    if (self->bit == 0 && self->escaped && self->zeros >= 2 && self->pos < self->len &&
        self->data[self->pos] == 3) {
        self->pos++;
        self->zeros = 0;
    }
    if (self->pos >= self->len) {
        self->too_long = true;
        return 0;
    }
    const guint value = self->data[self->pos] >> (7 - self->bit) & 1;
    self->bit = (self->bit + 1) % 8;
    if (self->bit == 0) {
        self->zeros = self->data[self->pos] == 0 ? self->zeros + 1 : 0;
        self->pos++;
    }
    return value;
}

static guint32 read_bits(Bits *self, guint n) {
    guint32 value = 0;
    while (n-- > 0)
        value = value << 1 | read_bit(self);
    return value;
}

/* H.264 §9.1, ue(v) */
static guint32 read_golomb(Bits *self) {
    guint zeros = 0;
    while (read_bit(self) == 0 && !self->too_long)
        if (++zeros > 31) {
            self->too_long = true;
            return 0;
        }
    return (1u << zeros) - 1 + read_bits(self, zeros);
}

/* se(v) */
static gint32 read_signed_golomb(Bits *self) {
    const guint32 value = read_golomb(self);
    return value & 1 ? (gint32)(value / 2) + 1 : -(gint32)(value / 2);
}

/* ---- H.264 §7.3.2.1.1 ---- */

#define NAL_SPS 7

enum { PROFILE_BASELINE = 66, PROFILE_MAIN = 77, PROFILE_EXTENDED = 88, PROFILE_HIGH = 100 };

static void skip_scaling_list(Bits *bits, guint size) {
    gint32 last = 8, next = 8;
    for (guint i = 0; i < size && !bits->too_long; i++) {
        if (next != 0)
            next = (last + read_signed_golomb(bits)) & 0xff;
        last = next == 0 ? last : next;
    }
}

/* False where the pictures are not of 8 bits with colour at half size: nothing that we can show. */
static bool read_high_profile(Bits *bits) {
    const guint chroma = read_golomb(bits), luma_depth = read_golomb(bits),
                chroma_depth = read_golomb(bits);
    if (chroma != 1 || luma_depth != 0 || chroma_depth != 0)
        return false;
    read_bit(bits); /* qpprime_y_zero_transform_bypass_flag */
    if (read_bit(bits))
        for (guint i = 0; i < 8; i++)
            if (read_bit(bits))
                skip_scaling_list(bits, i < 6 ? 16 : 64);
    return true;
}

static void skip_picture_order(Bits *bits) {
    switch (read_golomb(bits)) {
    case 0:
        read_golomb(bits);
        break;
    case 1:
        read_bit(bits);
        read_golomb(bits);
        read_golomb(bits);
        for (guint n = read_golomb(bits); n > 0 && !bits->too_long; n--)
            read_golomb(bits);
        break;
    case 2:
        break;
    default:
        bits->too_long = true;
    }
}

/* data: behind the NAL unit's first byte. */
static bool read_sps(const guint8 *data, gsize len, LecPictureSize *size, GError **error) {
    Bits bits = {.data = data, .len = len, .escaped = true};
    const guint profile = read_bits(&bits, 8);
    read_bits(&bits,
              16);      /* constraint flags; the level, which we hold to be 5.2 whatever it says */
    read_golomb(&bits); /* its id */
    if (bits.too_long)
        return unreadable(error, "parameters");
    if (profile != PROFILE_BASELINE && profile != PROFILE_MAIN && profile != PROFILE_EXTENDED &&
        profile != PROFILE_HIGH)
        return refuse(error, "of another H.264 profile");
    if (profile == PROFILE_HIGH && !read_high_profile(&bits))
        return bits.too_long ? unreadable(error, "parameters")
                             : refuse(error, "of more than 8 bits or without half-size colour");
    read_golomb(&bits); /* log2_max_frame_num_minus4 */
    skip_picture_order(&bits);
    const guint references = read_golomb(&bits);
    read_bit(&bits); /* gaps_in_frame_num_value_allowed_flag */
    const guint columns = read_golomb(&bits) + 1, units = read_golomb(&bits) + 1;
    if (columns > LEC_PICTURE_MAX_BLOCKS || units > LEC_PICTURE_MAX_BLOCKS)
        return refuse(error, "larger than this box shows");
    const guint rows = read_bit(&bits) ? units : units * 2; /* frame_mbs_only_flag */
    if (bits.too_long)
        return unreadable(error, "parameters");
    if (!take(columns * 16, rows * 16, size, error))
        return false;
    if (references > 16 || references * columns * rows > LEC_PICTURE_MAX_DPB_BLOCKS)
        return refuse(error, "kept for longer than level 5.2 allows");
    return true;
}

static bool read_nal(const guint8 *nal, gsize len, LecPictureSize *size, GError **error) {
    return len < 2 || (nal[0] & 0x1f) != NAL_SPS || read_sps(nal + 1, len - 1, size, error);
}

static bool read_h264(const guint8 *frame, gsize len, LecPictureSize *size, GError **error) {
    LecBytes bytes = lec_bytes(frame, len);
    while (lec_bytes_left(&bytes) > 0) {
        const guint32 nal_len = lec_bytes_u32(&bytes);
        const guint8 *nal = lec_bytes_take(&bytes, nal_len);
        if (bytes.failed)
            return unreadable(error, "slices");
        if (!read_nal(nal, nal_len, size, error))
            return false;
    }
    return true;
}

bool lec_picture_size_read_avc(const guint8 *config, gsize len, LecPictureSize *ret_size,
                               GError **error) {
    LecPictureSize size = {0};
    LecBytes bytes = lec_bytes(config, len);
    lec_bytes_u32(&bytes); /* version, profile, constraints, level */
    const guint length_size = (lec_bytes_u8(&bytes) & 3) + 1;
    const guint n_sps = lec_bytes_u8(&bytes) & 0x1f;
    if (length_size != sizeof(guint32))
        return unreadable(error, "configuration");
    for (guint i = 0; i < n_sps; i++) {
        const guint16 nal_len = lec_bytes_u16(&bytes);
        const guint8 *nal = lec_bytes_take(&bytes, nal_len);
        if (bytes.failed)
            return unreadable(error, "configuration");
        if (!read_nal(nal, nal_len, &size, error))
            return false;
    }
    if (ret_size)
        *ret_size = size;
    return true;
}

/* ---- VP8, RFC 6386 §9.1 ---- */

static bool read_vp8(const guint8 *frame, gsize len, LecPictureSize *size, GError **error) {
    if (len == 0 || frame[0] & 1)
        return true; /* no key frame, no size */
    if (len < 10 || memcmp(frame + 3, "\x9d\x01\x2a", 3) != 0)
        return unreadable(error, "header");
    return take((frame[6] | frame[7] << 8) & 0x3fff, (frame[8] | frame[9] << 8) & 0x3fff, size,
                error);
}

/* ---- VP9 bitstream specification §6.2, annex B ---- */

#define VP9_SYNC_CODE 0x498342
#define VP9_COLOUR_RGB 7

static bool read_vp9_size(Bits *bits, LecPictureSize *size, GError **error) {
    const guint width = read_bits(bits, 16) + 1, height = read_bits(bits, 16) + 1;
    return bits->too_long ? unreadable(error, "header") : take(width, height, size, error);
}

static bool read_vp9_key_frame(Bits *bits, LecPictureSize *size, GError **error) {
    if (read_bits(bits, 24) != VP9_SYNC_CODE)
        return unreadable(error, "header");
    if (read_bits(bits, 3) == VP9_COLOUR_RGB)
        return refuse(error, "without half-size colour");
    read_bit(bits); /* color_range */
    return read_vp9_size(bits, size, error);
}

static bool read_vp9_other_frame(Bits *bits, bool shown, bool resilient, LecPictureSize *size,
                                 GError **error) {
    const bool intra_only = !shown && read_bit(bits);
    if (!resilient)
        read_bits(bits, 2); /* reset_frame_context */
    if (intra_only && read_bits(bits, 24) != VP9_SYNC_CODE)
        return unreadable(error, "header");
    read_bits(bits, 8); /* refresh_frame_flags */
    if (intra_only)
        return read_vp9_size(bits, size, error);
    read_bits(bits, 3 * 4); /* the three references */
    for (guint i = 0; i < 3; i++)
        if (read_bit(bits))
            return bits->too_long ? unreadable(error, "header") : true; /* as large as that one */
    return read_vp9_size(bits, size, error);
}

static bool read_vp9_frame(const guint8 *frame, gsize len, LecPictureSize *size, GError **error) {
    Bits bits = {.data = frame, .len = len};
    if (read_bits(&bits, 2) != 2)
        return unreadable(error, "header");
    if (read_bits(&bits, 2) != 0)
        return refuse(error, "of another VP9 profile");
    if (read_bit(&bits))
        return true; /* show_existing_frame */
    const bool is_key = !read_bit(&bits), shown = read_bit(&bits), resilient = read_bit(&bits);
    return is_key ? read_vp9_key_frame(&bits, size, error)
                  : read_vp9_other_frame(&bits, shown, resilient, size, error);
}

/* The length of the index at a superframe's end; 0 where it is a single frame. */
static gsize find_vp9_index(const guint8 *frame, gsize len, guint *ret_frames, guint *ret_bytes) {
    const guint8 mark = frame[len - 1];
    *ret_frames = (mark & 7) + 1;
    *ret_bytes = (mark >> 3 & 3) + 1;
    const gsize index_len = 2 + *ret_frames * *ret_bytes;
    return (mark & 0xe0) == 0xc0 && len >= index_len && frame[len - index_len] == mark ? index_len
                                                                                       : 0;
}

static bool read_vp9(const guint8 *frame, gsize len, LecPictureSize *size, GError **error) {
    guint n_frames, n_bytes;
    if (len == 0)
        return true;
    const gsize index_len = find_vp9_index(frame, len, &n_frames, &n_bytes);
    if (index_len == 0)
        return read_vp9_frame(frame, len, size, error);
    const guint8 *lengths = frame + len - index_len + 1;
    gsize left = len - index_len;
    for (guint i = 0; i < n_frames; i++) {
        gsize one = 0;
        for (guint k = 0; k < n_bytes; k++)
            one |= (gsize)*lengths++ << (8 * k);
        if (one > left)
            return unreadable(error, "index");
        if (one > 0 && !read_vp9_frame(frame, one, size, error))
            return false;
        frame += one;
        left -= one;
    }
    return true;
}

guint lec_picture_make_vp9_index(const guint8 *frame, gsize len,
                                 guint8 ret_index[LEC_PICTURE_VP9_INDEX_BYTES]) {
    guint n_frames, n_bytes;
    if (len == 0 || len > G_MAXUINT32 || find_vp9_index(frame, len, &n_frames, &n_bytes) > 0)
        return 0;
    const guint8 mark = 0xc0 | (sizeof(guint32) - 1) << 3; /* one frame, its length in four bytes */
    const guint32 little_endian = GUINT32_TO_LE((guint32)len);
    ret_index[0] = ret_index[LEC_PICTURE_VP9_INDEX_BYTES - 1] = mark;
    memcpy(ret_index + 1, &little_endian, sizeof little_endian);
    return LEC_PICTURE_VP9_INDEX_BYTES;
}

bool lec_picture_size_read(LecCodec codec, const guint8 *frame, gsize len, LecPictureSize *ret_size,
                           GError **error) {
    LecPictureSize size = {0};
    bool fine = false;
    switch (codec) {
    case LEC_CODEC_H264:
        fine = read_h264(frame, len, &size, error);
        break;
    case LEC_CODEC_VP8:
        fine = read_vp8(frame, len, &size, error);
        break;
    case LEC_CODEC_VP9:
        fine = read_vp9(frame, len, &size, error);
        break;
    case LEC_CODEC_UNKNOWN:
    case LEC_CODEC_AV1:
    case LEC_CODEC_OPUS:
        return refuse(error, "of another kind");
    }
    if (fine && ret_size)
        *ret_size = size;
    return fine;
}
