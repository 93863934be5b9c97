/* The welcome screen at every size: within its pixels, large enough, with a code that reads as what
 * was meant. */
#include "receiver/stage/welcome.h"

#include <math.h>
#include <qrencode.h>
#include <string.h>

#define GUARD 64
#define GUARD_BYTE 0xa5

typedef struct {
    guint8 *memory;
    guint8 *pixels;
    guint width, height;
    gsize stride;
} Picture;

static const LecWelcome full = {
    .name = "Room 4.12 Aurora",
    .meeting_id = "3232235786",
    .pin = "482913",
    .address = "192.168.1.10",
    .join_url = "https://192.168.1.10/#3232235786",
    .network = "Connected by cable.",
    .clock = "14:05",
};

static Picture draw(const LecWelcome *welcome, guint width, guint height, guint padding) {
    Picture picture = {.width = width, .height = height, .stride = (gsize)width * 4 + padding};
    gsize size = picture.stride * height;
    picture.memory = g_malloc(size + 2 * GUARD);
    memset(picture.memory, GUARD_BYTE, size + 2 * GUARD);
    picture.pixels = picture.memory + GUARD;
    g_assert_true(lec_welcome_draw(welcome, width, height, picture.pixels, picture.stride));
    for (guint i = 0; i < GUARD; i++) {
        g_assert_cmphex(picture.memory[i], ==, GUARD_BYTE);
        g_assert_cmphex(picture.pixels[size + i], ==, GUARD_BYTE);
    }
    for (guint y = 0; y < height; y++) {
        for (guint i = 0; i < padding; i++)
            g_assert_cmphex(picture.pixels[y * picture.stride + width * 4 + i], ==, GUARD_BYTE);
    }
    return picture;
}

static void clear(Picture *picture) {
    g_clear_pointer(&picture->memory, g_free);
}

static guint32 pixel(const Picture *picture, guint x, guint y) {
    const guint8 *at = picture->pixels + y * picture->stride + (gsize)x * 4;
    return (guint32)at[2] << 16 | (guint32)at[1] << 8 | at[0];
}

static bool same(const Picture *a, const Picture *b) {
    return memcmp(a->pixels, b->pixels, a->stride * a->height) == 0;
}

static void test_sizes(void) {
    static const guint sides[] = {1, 2, 3, 7, 15, 16, 17, 33, 64, 100, 240, 361, 777};
    LecWelcome welcome = full;
    for (gsize i = 0; i < G_N_ELEMENTS(sides); i++) {
        for (gsize j = 0; j < G_N_ELEMENTS(sides); j++) {
            welcome.dark = (i + j) % 2;
            welcome.notice = j % 3 == 0 ? "The PIN is locked for 40 s." : NULL;
            Picture picture = draw(&welcome, sides[i], sides[j], 4 * (guint)(j % 4));
            clear(&picture);
        }
    }
    static const guint extreme[][2] = {{4000, 20}, {20, 4000}, {16384, 1}, {1, 16384}};
    for (gsize i = 0; i < G_N_ELEMENTS(extreme); i++) {
        Picture picture = draw(&full, extreme[i][0], extreme[i][1], 0);
        clear(&picture);
    }
}

static void test_refused(void) {
    guint8 pixels[64] = {0};
    g_assert_false(lec_welcome_draw(&full, 0, 4, pixels, 16));
    g_assert_false(lec_welcome_draw(&full, 4, 0, pixels, 16));
    g_assert_false(lec_welcome_draw(&full, 4, 4, pixels, 12)); /* shorter than a row */
    g_assert_false(lec_welcome_draw(&full, 4, 2, pixels, 18));
    g_assert_false(lec_welcome_draw(&full, 100000, 1, pixels, 400000));
    for (gsize i = 0; i < sizeof pixels; i++)
        g_assert_cmphex(pixels[i], ==, 0);
}

static void test_missing_and_hostile_fields(void) {
    g_autofree char *flood = g_strnfill(20000, 'W');
    const LecWelcome cases[] = {
        {0},
        {.dark = true, .notice = "Trouble."},
        {.name = "",
         .meeting_id = "",
         .pin = "",
         .address = "",
         .join_url = "",
         .network = "",
         .clock = "",
         .notice = ""},
        {.name = "\xff\xfe\n\n<b>%s%n",
         .meeting_id = "12",
         .pin = "%s",
         .address = "%s%s%n",
         .network = "\xc3",
         .clock = "\x01"},
        {.name = flood,
         .meeting_id = "123456",
         .pin = flood,
         .address = flood,
         .join_url = flood,
         .network = flood,
         .clock = flood,
         .notice = flood},
        {.name = "غرفة الاجتماعات",
         .meeting_id = "123456",
         .address = "192.0.2.1",
         .pin = "correct horse battery staple"},
        {.meeting_id = "123456"}, /* an ID, yet no network */
        {.pin = "123456"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Picture wide = draw(&cases[i], 640, 360, 0), tall = draw(&cases[i], 360, 640, 0),
                old = draw(&cases[i], 640, 480, 8);
        clear(&wide);
        clear(&tall);
        clear(&old);
    }
}

/* The highest run of lines that hold something as dark as the digits, left of where the code may
 * be. */
static guint tallest_ink(const Picture *picture) {
    guint tallest = 0, run = 0;
    for (guint y = 0; y < picture->height; y++) {
        bool any = false;
        for (guint x = 0; x < picture->width * 6 / 10 && !any; x++)
            any = (pixel(picture, x, y) & 0xff) < 0x40;
        run = any ? run + 1 : 0;
        tallest = MAX(tallest, run);
    }
    return tallest;
}

static void test_readable(void) {
    static const guint sizes[][2] = {{640, 360},   {1024, 768},  {1280, 720}, {1280, 800},
                                     {1920, 1080}, {2560, 1080}, {3840, 2160}};
    LecWelcome welcome = full;
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        guint height = sizes[i][1];
        for (guint notice = 0; notice < 2; notice++) {
            welcome.notice =
                notice ? "The PIN is locked for 40 s: there were too many attempts." : NULL;
            Picture picture = draw(&welcome, sizes[i][0], height, 0);
            g_assert_cmpuint(tallest_ink(&picture), >=, height / 9);
            g_assert_cmpuint(tallest_ink(&picture), <, height / 4);
            clear(&picture);
            welcome.pin = "correct horse battery"; /* does not make the ID small */
            picture = draw(&welcome, sizes[i][0], height, 0);
            g_assert_cmpuint(tallest_ink(&picture), >=, height / 9);
            clear(&picture);
            welcome.pin = full.pin;
        }
    }
}

typedef struct {
    guint left, top, side;
} Square;

/* Pure white is found nowhere but in the code's square. */
static Square find_code(const Picture *picture) {
    guint left = G_MAXUINT, top = G_MAXUINT, right = 0, bottom = 0;
    for (guint y = 0; y < picture->height; y++) {
        for (guint x = 0; x < picture->width; x++) {
            if (pixel(picture, x, y) != 0xffffff)
                continue;
            left = MIN(left, x);
            top = MIN(top, y);
            right = MAX(right, x);
            bottom = MAX(bottom, y);
        }
    }
    if (left == G_MAXUINT)
        return (Square){0};
    g_assert_cmpuint(right - left, ==, bottom - top);
    return (Square){left, top, right - left + 1};
}

static void assert_code(const Picture *picture, const char *url) {
    QRcode *code = QRcode_encodeString(url, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    Square square = find_code(picture);
    guint n = (guint)code->width, modules = n + 8; /* 4 quiet ones on each side */
    g_assert_cmpuint(square.side, >, 0);
    g_assert_cmpuint(square.side % modules, ==, 0);
    guint module = square.side / modules;
    for (guint row = 0; row < modules; row++) {
        for (guint column = 0; column < modules; column++) {
            bool corner = (row < 2 || row >= modules - 2) && (column < 2 || column >= modules - 2);
            bool inside = row >= 4 && row < n + 4 && column >= 4 && column < n + 4;
            bool black = inside && (code->data[(row - 4) * n + column - 4] & 1);
            guint x = square.left + column * module, y = square.top + row * module;
            for (guint edge = 0; edge < 2 && !corner; edge++) /* both ends of each module */
                g_assert_cmphex(pixel(picture, x + edge * (module - 1), y + edge * (module - 1)),
                                ==, black ? 0x000000 : 0xffffff);
        }
    }
    QRcode_free(code);
}

static void test_code(void) {
    static const guint sizes[][2] = {{640, 360},  {1920, 1080}, {3840, 2160}, {1080, 1920},
                                     {1024, 768}, {900, 900},   {1366, 768},  {2560, 1080}};
    LecWelcome welcome = full;
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        for (guint is_dark = 0; is_dark < 2; is_dark++) {
            welcome.dark = is_dark;
            welcome.pin = i % 2 ? NULL : full.pin;
            Picture picture = draw(&welcome, sizes[i][0], sizes[i][1], 0);
            assert_code(&picture, welcome.join_url);
            clear(&picture);
        }
    }
    welcome.join_url = NULL;
    Picture without = draw(&welcome, 640, 360, 0);
    g_assert_cmpuint(find_code(&without).side, ==, 0);
    clear(&without);
}

static double luminance(guint32 colour) {
    double sum = 0;
    static const double weights[] = {0.2126, 0.7152, 0.0722};
    for (guint i = 0; i < 3; i++) {
        double part = (colour >> (16 - 8 * i) & 0xff) / 255.0;
        sum += weights[i] * (part <= 0.03928 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4));
    }
    return sum;
}

/* The strongest contrast with the ground in a band of the picture, as WCAG 2.1 reckons it. */
static double contrast(const Picture *picture, double from, double to) {
    double ground = luminance(pixel(picture, 0, 0)), best = 1;
    for (guint y = (guint)(from * picture->height); y < (guint)(to * picture->height); y++) {
        for (guint x = 0; x < picture->width * 6 / 10; x++) {
            double other = luminance(pixel(picture, x, y));
            best = MAX(best, (MAX(ground, other) + 0.05) / (MIN(ground, other) + 0.05));
        }
    }
    return best;
}

static void test_themes(void) {
    LecWelcome welcome = full;
    Picture day = draw(&welcome, 1280, 720, 0);
    welcome.dark = true;
    Picture night = draw(&welcome, 1280, 720, 0);
    g_assert_cmpfloat(luminance(pixel(&day, 0, 0)), >, 0.8);
    g_assert_cmpfloat(luminance(pixel(&night, 0, 0)), <, 0.05);
    const Picture *both[] = {&day, &night};
    for (guint i = 0; i < 2; i++) {
        g_assert_cmpfloat(contrast(both[i], 0.05, 0.15), >, 7); /* the name */
        g_assert_cmpfloat(contrast(both[i], 0.3, 0.7), >, 7);   /* the digits */
        g_assert_cmpfloat(contrast(both[i], 0.9, 1.0), >, 7);   /* the footer */
    }
    clear(&day);
    clear(&night);
}

/* A colour of the picture's strokes and areas: not one of the steps between ink and ground. */
typedef struct {
    guint32 colour;
    guint cores; /* pixels with nothing else around them */
    guint left, top, right, bottom;
} Ink;

static bool is_core(const Picture *picture, guint x, guint y) {
    for (guint i = 0; i < 9; i++)
        if (pixel(picture, x + i % 3 - 1, y + i / 3 - 1) != pixel(picture, x, y))
            return false;
    return true;
}

static void add_core(GArray *inks, guint32 colour, guint x, guint y) {
    for (guint i = 0; i < inks->len; i++) {
        Ink *ink = &g_array_index(inks, Ink, i);
        if (ink->colour != colour)
            continue;
        *ink = (Ink){colour,           ink->cores + 1,     MIN(ink->left, x),
                     MIN(ink->top, y), MAX(ink->right, x), MAX(ink->bottom, y)};
        return;
    }
    g_array_append_val(inks, ((Ink){colour, 1, x, y, x, y}));
}

static int more_cores(gconstpointer a, gconstpointer b) {
    return ((const Ink *)a)->cores < ((const Ink *)b)->cores ? 1 : -1;
}

/* The largest first; what the QR code covers is left out. */
static GArray *inks_of(const Picture *picture) {
    GArray *inks = g_array_new(false, false, sizeof(Ink));
    Square code = find_code(picture);
    guint round = code.side / 10; /* its square has soft corners */
    for (guint y = 1; y + 1 < picture->height; y++) {
        for (guint x = 1; x + 1 < picture->width; x++) {
            bool in_code = code.side > 0 && x + round >= code.left && y + round >= code.top &&
                           x < code.left + code.side + round && y < code.top + code.side + round;
            if (!in_code && is_core(picture, x, y))
                add_core(inks, pixel(picture, x, y), x, y);
        }
    }
    g_array_sort(inks, more_cores);
    return inks;
}

static double contrast_of(guint32 a, guint32 b) {
    double first = luminance(a), second = luminance(b);
    return (MAX(first, second) + 0.05) / (MIN(first, second) + 0.05);
}

/* The line above the footer, as wide as the page and a hair high: it says nothing. */
static bool is_line(const Ink *ink, const Picture *picture) {
    return ink->right - ink->left > picture->width / 2 &&
           ink->bottom - ink->top < picture->height / 100;
}

/* The dot before the network's state, whose words say the same. */
static bool is_dot(const Ink *ink, const Picture *picture) {
    guint width = ink->right - ink->left + 1, height = ink->bottom - ink->top + 1;
    return width == height && height < picture->height / 40;
}

/* Every colour that words are written in, against the ground that it stands on: WCAG 2.1, 1.4.6. */
static void check_inks(const LecWelcome *welcome, guint texts) {
    Picture picture = draw(welcome, 3840, 2160, 0); /* strokes wide enough to have a core */
    g_autoptr(GArray) inks = inks_of(&picture);
    const Ink *ground = &g_array_index(inks, Ink, 0), *notice = &g_array_index(inks, Ink, 1);
    g_assert_cmphex(ground->colour, ==, pixel(&picture, 0, 0));
    guint found = 0;
    for (guint i = welcome->notice ? 2 : 1; i < inks->len; i++) {
        const Ink *ink = &g_array_index(inks, Ink, i);
        bool in_notice = welcome->notice != NULL && ink->top > notice->top &&
                         ink->bottom < notice->bottom && ink->left > notice->left;
        double ratio = contrast_of(ink->colour, in_notice ? notice->colour : ground->colour);
        bool is_text = !is_line(ink, &picture) && !is_dot(ink, &picture);
        g_test_message("#%06x, %u cores: %.1f%s", ink->colour, ink->cores, ratio,
                       is_text ? "" : ", not a text");
        g_assert_cmpfloat(ratio, >=, is_text ? 7 : is_dot(ink, &picture) ? 3 : 1);
        found += is_text;
    }
    g_assert_cmpuint(found, ==, texts);
    clear(&picture);
}

static void test_every_text_stands_out(void) {
    LecWelcome welcome = full, nowhere = {.name = "Room 4.12 Aurora", .network = "No network."};
    for (guint dark = 0; dark < 2; dark++) {
        welcome.dark = nowhere.dark = dark;
        welcome.notice = NULL;
        check_inks(&welcome, 3); /* the texts', the quiet ones', the labels' */
        welcome.notice = "Too many wrong PINs: joining is locked for 40 s.";
        check_inks(&welcome, 4);
        check_inks(&nowhere, 2);
    }
}

static void test_each_field_shows(void) {
    Picture base = draw(&full, 960, 540, 0), again = draw(&full, 960, 540, 0);
    g_assert_true(same(&base, &again));
    clear(&again);
    LecWelcome changed[8];
    for (gsize i = 0; i < G_N_ELEMENTS(changed); i++)
        changed[i] = full;
    changed[0].name = "Other";
    changed[1].meeting_id = "3232235787";
    changed[2].pin = "482914";
    changed[3].address = "192.168.1.11";
    changed[4].join_url = "https://192.168.1.11/";
    changed[5].network = "Connected by Wi-Fi.";
    changed[6].clock = "14:06";
    changed[7].notice = "Trouble.";
    for (gsize i = 0; i < G_N_ELEMENTS(changed); i++) {
        Picture other = draw(&changed[i], 960, 540, 0);
        g_assert_false(same(&base, &other));
        clear(&other);
    }
    clear(&base);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/welcome/sizes", test_sizes);
    g_test_add_func("/welcome/refused", test_refused);
    g_test_add_func("/welcome/missing-and-hostile-fields", test_missing_and_hostile_fields);
    g_test_add_func("/welcome/readable", test_readable);
    g_test_add_func("/welcome/code", test_code);
    g_test_add_func("/welcome/themes", test_themes);
    g_test_add_func("/welcome/every-text-stands-out", test_every_text_stands_out);
    g_test_add_func("/welcome/each-field-shows", test_each_field_shows);
    return g_test_run();
}
