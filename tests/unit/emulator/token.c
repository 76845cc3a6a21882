/* SPDX-License-Identifier: MIT
 *
 * tools/emulator/token.h: tokens in every SDK's spelling, computed outside with Node's
 * crypto and with the openssl program, and what must not pass. */
#include "tools/emulator/token.h"

#include <string.h>

#include "tests/unit/emulator/emulator_tests.h"
#include "tools/emulator/user_name.h"

#define K1 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw=="
#define K2 "dGlueWRwcy1kZXZpY2Utaw=="
#define K3 "//z59vPw7ern5OHe29jV0s/MycbDwL26t7SxrquopaI="
#define DEVICE3 "bQmNW55xGyG1Wfh46mxUhQ3Ilamz2q36gyxjhD8fZ6E="
#define ID3 "sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6"
#define SAS "SharedAccessSignature "
#define SR1 "sr=0ne00ABCDEF%2Fregistrations%2Fdevice-001"
#define SIG1 "sig=XN6MrkjAL87%2FlxdLE%2BVH1NzBKfwfyTNDu1PeAIIAv%2BU%3D"
#define SE1 "se=1893456000"
#define SKN "skn=registration"

/* What the checks come to, one after the other. */
enum outcome { GOOD, MALFORMED, RESOURCE, KEY_NAME, EXPIRED, NOT_SIGNED };

static enum outcome look(const char *token_text, const char *scope, const char *id,
                         const char *key_text, uint64_t now)
{
    static const enum outcome outcomes[] = {
        [TOKEN_GOOD] = GOOD,         [TOKEN_MALFORMED] = MALFORMED,
        [TOKEN_RESOURCE] = RESOURCE, [TOKEN_KEY_NAME] = KEY_NAME,
        [TOKEN_EXPIRED] = EXPIRED
    };
    struct dps_sas_key key;
    struct token token;
    enum token_result result = token_parse(user_name_text(token_text), &token);
    enum outcome outcome;

    if (result == TOKEN_GOOD) {
        result = token_check(&token, user_name_text(scope), user_name_text(id), now);
    }
    if (result != TOKEN_GOOD) {
        return outcomes[result];
    }
    ck_assert_int_eq(dps_sas_key_from_base64(&key, key_text, strlen(key_text), 0),
                     DPS_SAS_OK);
    outcome = token_is_signed_by(&token, &key.signer) ? GOOD : NOT_SIGNED;
    dps_sas_key_wipe(&key);
    return outcome;
}

/* In all rows without one: scope 0ne00ABCDEF, ID device-001, key K1, at 1700000000. */
static const struct {
    const char *name;
    enum outcome outcome;
    const char *token, *scope, *id, *key;
    uint64_t now;
} tokens[] = {
    { "V1 upper-case hex, sr sig se skn", GOOD, SAS SR1 "&" SIG1 "&" SE1 "&" SKN, 0, 0, 0,
      0 },
    { "V1a CSDK: lower-case hex", GOOD,
      SAS "sr=0ne00ABCDEF%2fregistrations%2fdevice-001&sig=hOyZ6pNmuufcIzrPRlJSU%2f2Hyt2Pa"
          "LuaiLdhNmQsKPM%3d&se=1893456000&skn=registration", 0, 0, 0, 0 },
    { "V1b NODE: sr not encoded, skn before se", GOOD,
      SAS "sr=0ne00ABCDEF/registrations/device-001&sig=4d7BeNvvGSJigOm6l%2Fi29%2FEzdmC0JWP"
          "%2FfpdZ5424cMA%3D&skn=registration&se=1893456000", 0, 0, 0, 0 },
    { "V2 an ID whose ':' is encoded", GOOD,
      SAS "sr=0ne0000A1B2%2Fregistrations%2Fsn%3A01_02.03-Z&sig=vgNvO8rOS6b2ZwpC3Pn4AeqlNJ"
          "u5KkzpmkcUFmkmBQQ%3D&se=2000000000&skn=registration",
      "0ne0000A1B2", "sn:01_02.03-Z", K2, 0 },
    { "V3 a derived key", GOOD,
      SAS "sr=0ne00ABCDEF%2Fregistrations%2F" ID3 "&sig=zabWLEx7Eb0Q2YMjJD8CRi0%2Bng%2F%2B"
          "GmtBxQM8sBDvIVs%3D&se=1924992002&skn=registration", 0, ID3, DEVICE3, 0 },
    { "V4 an expiry beyond 32 bits", GOOD,
      SAS "sr=0ne00ABCDEF%2Fregistrations%2Fa&sig=CCHQ2F4HGqocavTP9cMXYiSD6DDJkBMNx89%2Bi"
          "qW0K5E%3D&se=4102444800&skn=registration", 0, "a", K3, 0 },
    { "the order is free: sig se skn sr", GOOD, SAS SIG1 "&" SE1 "&" SKN "&" SR1, 0, 0, 0,
      0 },
    { "the resource is compared without case", GOOD, SAS SR1 "&" SIG1 "&" SE1 "&" SKN,
      "0NE00abcdef", "DEVICE-001", 0, 0 },
    { "an unknown field is not covered by the signature", GOOD,
      SAS SR1 "&" SIG1 "&x=1&" SE1 "&" SKN, 0, 0, 0, 0 },
    { "the last second", GOOD, SAS SR1 "&" SIG1 "&" SE1 "&" SKN, 0, 0, 0, 1893455999 },

    { "the second it expires", EXPIRED, SAS SR1 "&" SIG1 "&" SE1 "&" SKN, 0, 0, 0,
      1893456000 },
    { "another key", NOT_SIGNED, SAS SR1 "&" SIG1 "&" SE1 "&" SKN, 0, 0, K3, 0 },
    { "another resource: the ID", RESOURCE, SAS SR1 "&" SIG1 "&" SE1 "&" SKN, 0,
      "device-002", 0, 0 },
    { "another resource: the scope", RESOURCE, SAS SR1 "&" SIG1 "&" SE1 "&" SKN,
      "0ne00ABCDE0", 0, 0, 0 },
    { "another resource: a hub's", RESOURCE,
      SAS "sr=x.azure-devices.net%2Fdevices%2Fdevice-001&" SIG1 "&" SE1 "&" SKN, 0, 0, 0, 0 },
    { "a resource with a bad escape", RESOURCE,
      SAS "sr=0ne00ABCDEF%2Fregistrations%2Fdevice-00%3&" SIG1 "&" SE1 "&" SKN, 0, 0, 0, 0 },
    { "a longer resource", RESOURCE,
      SAS "sr=0ne00ABCDEF%2Fregistrations%2Fdevice-0011&" SIG1 "&" SE1 "&" SKN, 0, 0, 0, 0 },
    { "sr respelled after signing", NOT_SIGNED,
      SAS "sr=0ne00ABCDEF%2fregistrations%2Fdevice-001&" SIG1 "&" SE1 "&" SKN, 0, 0, 0, 0 },
    { "se changed after signing", NOT_SIGNED,
      SAS SR1 "&" SIG1 "&se=1893456001&" SKN, 0, 0, 0, 0 },
    { "se respelled after signing", NOT_SIGNED,
      SAS SR1 "&" SIG1 "&se=01893456000&" SKN, 0, 0, 0, 0 },
    { "a changed signature", NOT_SIGNED,
      SAS SR1 "&sig=YN6MrkjAL87%2FlxdLE%2BVH1NzBKfwfyTNDu1PeAIIAv%2BU%3D&" SE1 "&" SKN, 0, 0,
      0, 0 },
    { "sig as bare base64", MALFORMED,
      SAS SR1 "&sig=XN6MrkjAL87/lxdLE+VH1NzBKfwfyTNDu1PeAIIAv+U=&" SE1 "&" SKN, 0, 0, 0, 0 },
    { "sig with a bare '='", MALFORMED,
      SAS SR1 "&sig=XN6MrkjAL87%2FlxdLE%2BVH1NzBKfwfyTNDu1PeAIIAv%2BU=&" SE1 "&" SKN, 0, 0,
      0, 0 },
    { "sig with a bare '/'", MALFORMED,
      SAS SR1 "&sig=XN6MrkjAL87/lxdLE%2BVH1NzBKfwfyTNDu1PeAIIAv%2BU%3D&" SE1 "&" SKN, 0, 0,
      0, 0 },
    { "sig is cut", MALFORMED, SAS SR1 "&sig=XN6MrkjAL87%2F&" SE1 "&" SKN, 0, 0, 0, 0 },
    { "sig is not base64", MALFORMED,
      SAS SR1 "&sig=!N6MrkjAL87%2FlxdLE%2BVH1NzBKfwfyTNDu1PeAIIAv%2BU%3D&" SE1 "&" SKN, 0, 0,
      0, 0 },
    { "sr twice", MALFORMED, SAS SR1 "&" SR1 "&" SIG1 "&" SE1 "&" SKN, 0, 0, 0, 0 },
    { "sig twice", MALFORMED, SAS SR1 "&" SIG1 "&" SIG1 "&" SE1 "&" SKN, 0, 0, 0, 0 },
    { "se twice", MALFORMED, SAS SR1 "&" SIG1 "&" SE1 "&" SE1 "&" SKN, 0, 0, 0, 0 },
    { "skn twice", MALFORMED, SAS SR1 "&" SIG1 "&" SE1 "&" SKN "&" SKN, 0, 0, 0, 0 },
    { "no sr", MALFORMED, SAS SIG1 "&" SE1 "&" SKN, 0, 0, 0, 0 },
    { "no sig", MALFORMED, SAS SR1 "&" SE1 "&" SKN, 0, 0, 0, 0 },
    { "no se", MALFORMED, SAS SR1 "&" SIG1 "&" SKN, 0, 0, 0, 0 },
    { "no skn", MALFORMED, SAS SR1 "&" SIG1 "&" SE1, 0, 0, 0, 0 },
    { "another skn", KEY_NAME, SAS SR1 "&" SIG1 "&" SE1 "&skn=device", 0, 0, 0, 0 },
    { "an empty skn", KEY_NAME, SAS SR1 "&" SIG1 "&" SE1 "&skn=", 0, 0, 0, 0 },
    { "se is empty", MALFORMED, SAS SR1 "&" SIG1 "&se=&" SKN, 0, 0, 0, 0 },
    { "se is no number", MALFORMED, SAS SR1 "&" SIG1 "&se=18934560x0&" SKN, 0, 0, 0, 0 },
    { "se is negative", MALFORMED, SAS SR1 "&" SIG1 "&se=-1&" SKN, 0, 0, 0, 0 },
    { "se is beyond 64 bits", MALFORMED,
      SAS SR1 "&" SIG1 "&se=18446744073709551616&" SKN, 0, 0, 0, 0 },
    { "a field without '='", MALFORMED, SAS SR1 "&" SIG1 "&" SE1 "&" SKN "&x", 0, 0, 0, 0 },
    { "another scheme", MALFORMED, "SharedAccessToken " SR1 "&" SIG1 "&" SE1 "&" SKN, 0, 0, 0,
      0 },
    { "the scheme alone", MALFORMED, SAS, 0, 0, 0, 0 },
    { "a password", MALFORMED, "secret", 0, 0, 0, 0 },
    { "nothing", MALFORMED, "", 0, 0, 0, 0 },
};

START_TEST(token_looked_at_as_the_service_does)
{
    enum outcome outcome = look(tokens[_i].token,
                                tokens[_i].scope == NULL ? "0ne00ABCDEF" : tokens[_i].scope,
                                tokens[_i].id == NULL ? "device-001" : tokens[_i].id,
                                tokens[_i].key == NULL ? K1 : tokens[_i].key,
                                tokens[_i].now == 0 ? 1700000000 : tokens[_i].now);

    ck_assert_msg(outcome == tokens[_i].outcome, "%s: %d, not %d", tokens[_i].name,
                  (int)outcome, (int)tokens[_i].outcome);
}
END_TEST

/* Every single changed character of a good token makes it bad, or changes nothing that
 * the signature covers and is still the same resource. */
START_TEST(token_no_character_of_the_signature_is_free)
{
    static const char good[] = SAS SR1 "&" SIG1 "&" SE1 "&" SKN;
    size_t at = (size_t)(strstr(good, "sig=") - good) + 4;
    size_t end = (size_t)(strstr(good, "&se=") - good);
    char text[sizeof good];

    for (; at < end; at++) {
        memcpy(text, good, sizeof good);
        text[at] = text[at] == 'A' ? 'B' : 'A';
        ck_assert_msg(look(text, "0ne00ABCDEF", "device-001", K1, 1700000000) != GOOD, "%s",
                      text);
    }
}
END_TEST

START_TEST(token_every_result_has_a_text)
{
    for (int i = TOKEN_GOOD; i <= TOKEN_EXPIRED; i++) {
        ck_assert_uint_gt(strlen(token_result_text((enum token_result)i)), 0);
    }
}
END_TEST

TCase *emulator_token_cases(void)
{
    TCase *cases = tcase_create("token");

    tcase_add_loop_test(cases, token_looked_at_as_the_service_does, 0,
                        sizeof tokens / sizeof tokens[0]);
    tcase_add_test(cases, token_no_character_of_the_signature_is_free);
    tcase_add_test(cases, token_every_result_has_a_text);
    return cases;
}
