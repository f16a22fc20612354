"""Who the texts of trade sources mean: countries by code and by name, groups, areas nobody specified."""

from __future__ import annotations

from pathlib import Path

import pytest

from karwan.errors import InvalidInput
from karwan.store.sources.countries import KINDS, packaged_countries, read_country_codes
from karwan.store.sources.country_names import name_key


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# Spellings of the World Bank, UN, FAO, IMF, CIA, USITC, ISO and of Russian and Kazakh statistics, by alpha-3.
SPELLINGS = """
ABW: Aruba, Kingdom of the Netherlands
AFG: Afghanistan, Islamic Rep. of | Islamic Republic of Afghanistan | Afghanistan, I.R. of | Afghanistan (Islamic Republic of)
AFG: Исламская Республика Афганистан
AND: Andorra, Principality of
ANT: Netherlands Antilles | Netherlands Antilles (former)
ARE: UAE | U.A.E. | Utd. Arab Em. | United Arab Emirates | Объединённые Арабские Эмираты | UNITED ARAB EMIRATES | Arab Emirates
ARM: Armenia, Rep. of
ASM: American Samoa | Samoa, American
ATF: French S & Ant Lnds | French Southern Territories (the)
ATG: Antigua & Barbuda | Antigua
AZE: Azerbaijan, Rep. of
BEL: Belgium-Luxembourg
BES: Bonaire, Sint Eustatius and Saba
BHR: Bahrain, Kingdom of | Бахрейн
BHS: Bahamas, The
BIH: Bosnia-Herzegovina | Bosnia & Herzegovina | Bosnia Herzegovina | Bosnia-Hercegov | Bosnia
BLR: Belarus, Rep. of | Republic of Belarus
BOL: Bolivia (Plurinational State of) | Bolivia, Plurinational State of | Боливия (Многонациональное Государство)
BRA: Бразилия, Федеративная Республика
BRN: Brunei | Brunei Darussalam | Brunei-Darussalam
CAF: Central African Rep. | Central African Rep | Cen African Rep | Central African Republic (the)
CCK: Cocos Isds | Cocos Is | Cocos (Keeling) Is
CHL: Чили
CHN: China, P.R.: Mainland | China, mainland | People's Republic of China | PRC | P.R. China | China, PR | Қытай | China,P.R.:Mainland
CHN: Китай (КНР)
CIV: Côte d'Ivoire | Cote d'Ivoire | Côte d’Ivoire | Кот-д'Ивуар | Cote d`Ivoire | Côte d'Ivoire (Ivory Coast)
COD: Congo, Dem. Rep. | Congo (Kinshasa) | Congo-Kinshasa | Democratic Republic of Congo | Democratic Republic of the Congo | DR Congo
COD: DRC | Congo DR | Congo, DR | Congo, D.R. | Congo (DROC) | Congo (the Democratic Republic of the)
COG: Congo, Rep. | Congo (Brazzaville) | Republic of the Congo | Republic of Congo | Congo | Congo, Republic of | Congo (ROC) | Congo (the)
COK: Cook Isds | Cook Islands (the)
COL: Колумбия
COM: Comoros, Union of the | Comoros (the)
CPV: Cabo Verde | Cape Verde | Cape Verde Islands
CSK: Czechoslovakia
CUB: Куба
CUW: Curaçao, Kingdom of the Netherlands | Curacao
CXR: Christmas Isds | Christmas Is | Christmas Island
CYM: Cayman Isds
CYP: Кипр
CZE: Czechia | Czech Rep. | Czech Republic | Czech Rep | Czech Republic (the) | Czechia (Czech Republic)
DMA: Dominica
DOM: Dominican Rep. | Dominican Republic | Dominican Rep | Dominican Republic (the)
DZA: Алжир
ECU: Эквадор
EGY: Egypt, Arab Rep. | Египет, Арабская Республика | Egypt, A.R. | Egypt (Arab Rep.)
EST: Estonia, Rep. of
ETH: Ethiopia, The Federal Dem. Rep. of | Эфиопия | Ethiopia PDR
FJI: Fiji, Rep. of
FLK: Falkland Islands (Islas Malvinas) | Falkland Is
FRO: Faroe Islands | Faroe Is
FSM: Micronesia, Fed. Sts. | Micronesia, Federated States of | FS Micronesia | Micronesia (Federated States of)
FSM: Micronesia, Fed. States of | Fed. States of Micronesia
GBR: United Kingdom | UK | U.K. | Great Britain | England | Объединенное Королевство | Соединенное Королевство
GBR: United Kingdom of Great Britain and Northern Ireland (the) | Соединённое Королевство Великобритании и Северной Ирландии
GEO: Georgia
GIN: Guinea
GMB: Gambia, The | The Gambia | Gambia (the)
GNB: Guinea-Bissau | Guinea Bissau
GNQ: Equatorial Guinea, Rep. of | Equatorial Guinea | Guinea, Equatorial
GUF: Guyana, French
HKG: Hong Kong SAR, China | China, P.R.: Hong Kong | China, Hong Kong SAR | China,P.R.:Hong Kong | Hong Kong (China) | Hong Kong SAR
HMD: Heard & McDn Is
HRV: Croatia, Rep. of | Хорватия
IMN: Isle of Man | Isle Of Man | Man, Isle of
IOT: Br. Indian Ocean Terr. | Br Indian Ocean Ter | British Indian Ocean Territory (the)
IRL: Ireland | Republic of Ireland
IRN: Iran, Islamic Rep. | Iran, Islamic Rep. of | Иран (Исламская Республика) | Иран, Исламская Республика | Iran (Islamic Rep. of)
IRN: Iran, I.R. of | Iran (Islamic Republic of) | Islamic Republic of Iran | Исламская Республика Иран
ISL: Исландия
JEY: Jersey
JOR: Jordan | Иордания
KAZ: Kazakhstan, Rep. of | Republic of Kazakhstan | Khazakhstan | Казахстан | Қазақстан | Kazakstan | Республика Казахстан
KEN: Кения
KGZ: Kyrgyz Republic | Kyrgystan | Kirghizia | Kyrgyz Rep. | Kyrgyzstan | Кыргызская Республика
KHM: Камбоджа | Cambodia (Kampuchea)
KNA: St. Kitts and Nevis | Saint Kitts and Nevis | St Kitts-Nevis
KOR: Korea, Rep. | Korea, South | South Korea | Republic of Korea | Корея, Республика | Korea | S. Korea | Korea (Republic of)
KOR: Korea (the Republic of)
LAO: Lao PDR | Lao People's Dem. Rep. | Lao People's Dem.Rep | Lao People's Democratic Republic (the) | Lao P.D.R. | Lao, PDR
LAO: Laos, People's Democratic Republic
LBN: Ливан
LBY: Libyan Arab Jamahiriya | Libya (Libyan Arab Jamahiriya) | Libya, State of
LCA: St. Lucia | St Lucia Is
LKA: Sri Lanka | Democratic Socialist Republic of Sri Lanka | Sri Lanka (Ceylon)
LSO: Lesotho, Kingdom of
LUX: Люксембург
MAC: Macao SAR, China | China, P.R.: Macao | China,P.R.: Macao | Macao SAR | Macau SAR, China
MAF: St. Martin (French part) | Saint Martin | Saint Martin (French part)
MAR: Марокко
MDA: Moldova, Rep. of | Moldova | Rep. of Moldova | Молдова, Республика | Республика Молдова | Moldova (Republic of)
MDG: Madagascar, Rep. of
MHL: Marshall Islands, Rep. of the | Marshall Isds | Marshall Is
MKD: Macedonia, FYR | The former Yugoslav Republic of Macedonia | North Macedonia, Republic of | Macedonia (Skopje)
MKD: North Macedonia (FYROM) | FYROM | F.Y.R.O.M. | FYR Macedonia | Former Yugoslav Republic of Macedonia
MKD: Macedonia, The former Yugoslav Rep. of
MLI: Mali
MLT: Мальта
MMR: Burma | Burma (Myanmar) | Мьянма | Myanmar (Burma)
MNP: N. Mariana Isds | Northern Marianas
MOZ: Mozambique, Rep. of
MRT: Mauritania, Islamic Rep. of
MYS: Malaysia
NER: Niger | Нигер | Niger Republic | Niger (the)
NFK: Norfolk Isds | Norfolk Is
NGA: Nigeria | Нигерия
NLD: Netherlands, The | Netherlands (Kingdom of the) | Kingdom of the Netherlands | Netherlands (the)
NPL: Непал
NRU: Nauru, Rep. of
NZL: Новая Зеландия
OMN: Oman | Оман
PAK: Islamic Republic of Pakistan | Пакистан | Пәкістан | Pakistan, Islamic Republic of | Исламская Республика Пакистан
PCN: Pitcairn Is | Pitcairn Islands
PER: Перу
PHL: Филиппины | Philippines (the)
PLW: Palau, Rep. of
PNG: Papua New Guinea | Papua New Guin
POL: Poland, Rep. of
PRI: Puerto Rico (US)
PRK: Korea, Dem. People's Rep. | Korea, D.P.R. | Dem. People's Rep. of Korea | Korea, North | North Korea | Korea, DPR | N. Korea
PRK: Korea (the Democratic People's Republic of)
PSE: West Bank and Gaza | Palestine | Palestinian Territory, Occupied | Occupied Palestinian Territory | State of Palestine
PSE: Gaza Strip Admin. by Israel | West Bank Admin. by Israel | Gaza Strip | West Bank | Palestine, State of
REU: Reunion | Réunion
ROU: Romania
RUS: Russian Federation | Россия | Ресей | Russia, Fed. | Russian Fed.
SAU: Saudi Arabia | Kingdom of Saudi Arabia
SCG: Serbia and Montenegro | Serbia & Montenegro
SDN: Sudan | Sudan (former) | Sudan (the) | Fm Sudan
SGS: South Georgia and the South Sandwich Islands
SHN: St Helena | Saint Helena, Ascension and Tristan da Cunha
SJM: Svalbard & Jan Mayen
SLB: Solomon Isds | Solomon Is
SMR: San Marino, Rep. of
SOM: Somalia, Fed. Rep.
SPM: St Pierre & Miq
SRB: Serbia, Rep. of
SSD: South Sudan, Rep. of | South Sudan | Sudan, South | Rep. of South Sudan
STP: São Tomé and Príncipe, Dem. Rep. of | Sao Tome & Principe | Sao Tome & Prin
SUN: USSR
SVK: Slovak Republic | Словакия | Slovak Rep. | Slovak Republic (Slovakia)
SVN: Slovenia, Rep. of | Словения
SWZ: Swaziland | Eswatini (Swaziland) | Eswatini, Kingdom of | Eswatini, Kingdom of (Swaziland)
SXM: Sint Maarten, Kingdom of the Netherlands | Saint Maarten
SYR: Syrian Arab Republic | Syria | Сирия | Сирийская Арабская Республика | Syrian Arab Rep. | Syrian Arab Republic (the)
TCA: Turks & Caicos Is
TJK: Tajikistan, Rep. of | Republic of Tajikistan | Tadjikistan
TKM: Turkmenia | Туркмения
TLS: Timor-Leste, Dem. Rep. of | Timor-Leste | East Timor | Timor Leste
TTO: Trinidad & Tobago | Trinidad
TUN: Тунис
TUR: Turkiye | Türkiye | Türkiye Cumhuriyeti | Turkey (Turkiye) | Турция (Турецкая Республика) | Türkiye, Republic of
TWN: Taiwan, China | Taiwan Province of China | Taiwan (Province of China) | China, Taiwan Province of | Other Asia, nes | China (Taiwan)
TWN: Taiwan (China)
TZA: Tanzania, United Rep. of | Tanzania | United Rep. of Tanzania | Танзания | Tanzania (United Republic of) | Tanzania, U.R.
UMI: United States Minor Outlying Islands (the)
USA: USA | U.S.A. | United States of America | US | U.S. | Соединенные Штаты | U. S. A. | U S A | United States (US)
USA: United States of America (the) | Соединенные Штаты Америки (США)
UZB: Uzbekistan, Rep. of | Republic of Uzbekistan | Узбекистан | Өзбекстан | Uzbekistan, Republic of | Узбекистан, Республика
UZB: Республика Узбекистан
VAT: Holy See (Vatican City) | Holy See (the)
VCT: St. Vincent and the Grenadines | St. Vincent & Grens. | St Vincent & Grenadines
VEN: Venezuela, RB | Venezuela, Rep. Bolivariana de | Venezuela, República Bolivariana de | Venezuela (Bolivarian Rep. of)
VGB: British Virgin Islands | Br Virgin Is | Virgin Islands (British)
VIR: Virgin Islands (U.S.)
VNM: Viet Nam | Viet Nam, Socialist Republic of | Viet-Nam | Вьетнам, Социалистическая Республика | Viet Nam (Socialist Republic of)
WLD: World | World total | All Countries | TOTAL EXPORTS
WLF: Wallis and Futuna Isds
WSM: Samoa
XKX: Kosovo, Rep. of | Kosovo
YEM: Yemen, Rep. | Yemen, Rep. of | Йемен | Yemen, Republic of
YUG: Yugoslavia | Yugoslav SFR
"""

NO_COUNTRIES = {
    "world": [
        "World",
        "Total",
        "Grand total",
        "All countries",
        "TOTAL EXPORTS",
        "Всего",
        "Итого",
        "0",
        "1",
        "WLD",
    ],
    "group": [
        "European Union",
        "EU-27",
        "EU28",
        "EU 27",
        "EU-27 (from 2020)",
        "EUR",
        "97",
        "975",
        "ASEAN",
        "EAU",
        "CIS",
        "СНГ",
        "Страны ЕАЭС",
        "Страны Африки",
        "Euro area (19)",
        "Sub-Saharan Africa",
        "Central Asia",
        "Africa",
        "Middle East & North Africa",
        "East Asia & Pacific (excluding high income)",
        "Low income",
        "OPEC",
        "SSF",
        "of which: Germany",
        "в том числе: Китай",
        "China and Hong Kong",
        "Belgium and Luxembourg",
        "Gulf countries",
        "America",
        "150",
        "Channel Islands",
        "Южная Азия",
    ],
    "rest": [
        "Areas, nes",
        "Other Europe, nes",
        "Bunkers",
        "Not specified",
        "Unspecified Area",
        "Other countries",
        "Rest of the World",
        "Прочие страны",
        "899",
        "838",
        "_X",
        "697",
    ],
    "unknown": ["Atlantis", "Northern Ireland", "Georgia (US)", "XYZ", "999", "Re-exports", "-", ""],
}


@pytest.mark.parametrize("line", SPELLINGS.strip().splitlines())
def test_usual_spellings_are_known(line: str) -> None:
    country, names = line.split(": ", 1)
    found = {name: packaged_countries().find(name, "name").code for name in names.split(" | ")}
    assert {name: code for name, code in found.items() if code != country} == {}


@pytest.mark.parametrize("kind", sorted(NO_COUNTRIES))
def test_what_is_no_country_is_told_apart(kind: str) -> None:
    found = {text: packaged_countries().find(text, "name").kind for text in NO_COUNTRIES[kind]}
    assert {text: seen for text, seen in found.items() if seen != kind} == {}


@pytest.mark.parametrize(
    ("text", "kind", "country"),
    [
        ("398", "m49", "KAZ"),
        ("586", "m49", "PAK"),
        ("4", "m49", "AFG"),
        ("004", "m49", "AFG"),
        ("842", "m49", "USA"),
        ("699", "m49", "IND"),
        ("757", "m49", "CHE"),
        ("490", "m49", "TWN"),
        ("0", "m49", "WLD"),
        ("398.0", "m49", "KAZ"),
        ("4.00", "m49", "AFG"),
        ("841", "m49", "USA"),
        ("S19", "iso3", "TWN"),
        ("ROM", "iso3", "ROU"),
        ("KZ", "iso2", "KAZ"),
        ("NA", "iso2", "NAM"),
        ("UK", "iso2", "GBR"),
        ("Казахстан", "iso3", "KAZ"),
        ("kaz", "iso3", "KAZ"),
        ("Iran (Islamic Republic of)", "name", "IRN"),
        ("Côte d'Ivoire", "name", "CIV"),
        ("ChinaHongKongSAR", "name", "HKG"),
        ("Российская Федерация", "name", "RUS"),
        ("Viet Nam", "name", "VNM"),
        ("Vietnam", "name", "VNM"),
    ],
)
def test_countries(text: str, kind: str, country: str) -> None:
    assert packaged_countries().resolve(text, kind) == (country, True)


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_country_comes_back_as_it_is(kind: str) -> None:
    assert packaged_countries().resolve(" Atlantis ", kind) == ("Atlantis", False)


def test_every_m49_code_is_in_the_table() -> None:
    """249 countries and areas of ISO 3166-1 with their numeric codes; independent list: pycountry, where
    installed.
    """
    pycountry = pytest.importorskip("pycountry")
    table = packaged_countries().by_number
    for country in pycountry.countries:
        assert table[int(country.numeric)] == country.alpha_3
        assert packaged_countries().resolve(country.name, "name") == (country.alpha_3, True)


def test_country_code_file_lies_over_the_packaged_table(tmp_path: Path) -> None:
    path = written(
        tmp_path / "codes.csv", "country_code,country_name,country_iso2,country_iso3\n697,EFTA,,EFT\n"
    )
    assert read_country_codes(path) == {697: ("EFT", "EFTA")}
    with pytest.raises(InvalidInput, match="not a table of country codes"):
        read_country_codes(written(tmp_path / "bad.csv", "a,b\n1,2\n"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("country_code,country_iso3\n4\n", "line 2: the row has fewer cells"),
        ("country_code,country_iso3\n4,AFG\n8", "line 3: the row has fewer cells"),
        ("country_code,country_iso3\nx,y\n", "holds no country code"),
        (b"country_code,country_iso3\n4,\xff\xfe\n", "cannot be read"),
        ("country_code,country_iso3\n4,AF\0G\n", "holds no country code|cannot be read"),
    ],
)
def test_a_damaged_table_of_codes_is_one_sentence(tmp_path: Path, text: str | bytes, told: str) -> None:
    path = written(tmp_path / "codes.csv", text)
    with pytest.raises(InvalidInput, match=told):
        read_country_codes(path)


def test_no_group_has_the_code_of_a_country() -> None:
    known = packaged_countries()
    codes = {party.code for party in known.groups.values() if party.code and party.kind != "world"}
    assert codes & (known.alpha3 - {"WLD"}) == set()


def test_numbers_are_those_of_m49() -> None:
    """Former codes stand lower in the table for six countries."""
    number = packaged_countries().number
    assert [number(code) for code in ("ETH", "PAN", "KNA", "TZA", "YEM", "KAZ")] == [
        231,
        591,
        659,
        834,
        887,
        398,
    ]


def test_names_reduce_to_letters() -> None:
    assert name_key("Côte d'Ivoire ") == "cotedivoire"
