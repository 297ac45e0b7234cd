"""What an Indonesian school really sends, written for these tests: some two thousand values, none of them an attack.

Each is made of a sentence and of what stands in it. `HELD_OUT` was written before the detector was tuned and is only
measured.
"""

import base64
import itertools
import json
from collections.abc import Iterator

NAMES = (
    """
Siti Nur'aini|Ma'ruf Amin|D'Angelo Pratama|Nur 'Aisyah|Fu'ad Hasan|O'Brien|Jum'at Kliwon|Rifa'i|Sa'diyah|Mu'min
I Gusti Ayu Putri|Drs. H. Abdul Rahman, M.Pd.|Union Select Putra|Andi Select|Or Sulaiman|Drop Sinaga|Script Wijaya
Yohanes "Anes" Lado|A. A. Gde Raka (Alm.)|Ni Luh Putu Sri; Made|Cut Nyak Dhien|Muhammad Al-Fatih|Ann-Marie|R. A. Kartini
""".strip()
    .replace("\n", "|")
    .split("|")
)

SUBJECTS = (
    """
Matematika|Bahasa Indonesia|Pendidikan Agama & Budi Pekerti|IPA|IPS|PJOK|Seni Budaya|Informatika|Bahasa Inggris|PKn
Fisika|Kimia
""".strip()
    .replace("\n", "|")
    .split("|")
)

PLACES = (
    """
Jl. Ki Hajar Dewantara No. 12A|Gg. Mawar III/7|Dusun Krajan RT 03/RW 05|Perum. Griya Asri Blok C-4|Jl. A. Yani Km. 4,5
Ds. Sumber Rejo; Kec. Kedung|Jln. Jend. Sudirman #45|Asrama TNI-AD, Jl. Merdeka (belakang)|Kp. Baru 1=Utara
""".strip()
    .replace("\n", "|")
    .split("|")
)

SENTENCES = """
{name}
Nilai {subject}: 87,5
Ananda {name} sakit; mohon izin.
Alamat: {place}
Nilai {subject} naik dari 70 ke 85 (+15)
{subject} & Informatika
Kelas X-1 atau X-2?
Wali: {name} / Ibu: {name2}
"{name}" tidak hadir hari ini
Yth. Bapak/Ibu {name}, mohon dicek nilai {subject}; terima kasih.
Guru {subject} = {name}
Remedial {subject} (70 < 75)
{name} <{mail}>
Tugas {subject} - dikumpulkan Senin; telat = minus 10
Pindah ke {place}, karena orang tua pindah tugas
1 or 2 {subject} books
SELECT seragam untuk {name}
Please select your class and union from the list, {name}
{name} said: "I can't come" -- sorry
50% nilai {subject} + 50% ujian
=====
{name} ({subject})
Rapor {subject} semester 1 & 2
Anak dari {name}; alamat {place}
Peringkat 3 dari 32 siswa | {subject}
Ibu {name} berkata, 'Nilai {subject} bagus!'
Jadwal: {subject}, pukul 07:00-08:30
Ekskul: drop off di {place}
{subject} > 80 dan < 90
Catatan: {name} -> remedial
Order by email atau datang ke {place}
Nilai: 8/10; 9/10; 7/10 -- {subject}
Siswa {name} #12 @ruang guru
The student union of {name} will select a new leader
"{subject}" or "Prakarya"
Table 3 dan 4 untuk {name}
Insert tugas {subject} into folder kelas
{name} and {name2} update their {subject} project
Where is {name}? Having lunch at {place}
Hapus (delete) data {name}?
{name}: NISN 0012345678, NIK 3374010101010001
""".strip()

SINGLES = """
../ berarti naik satu folder
Bab 3: a<b dan b<c maka a<c
if (a < b && b > c) { return a; }
for i in range(10): print(i)
x = [1, 2, 3]; y = {"a": 1}
SELECT adalah perintah SQL untuk membaca data dari tabel
Perintah DROP TABLE menghapus tabel, jadi hati-hati
Di pelajaran hari ini kami belajar bahwa ' or 1=1 adalah contoh SQL injection yang terkenal di web
Tag HTML <b>tebal</b> dan <i>miring</i>
<p>Yth. Bapak/Ibu,</p><p>Terima kasih &amp; salam.</p>
https://sekolah.sch.id/rapor?id=12&kelas=X-1&sort=nama
http://localhost:8000/api/siswa/?search=nur%27aini
https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=10s
C:\\Users\\Guru\\Documents\\nilai.xlsx
D:\\Rapor 2026\\X-1
foto siswa (1).jpg
rapor.semester.1.pdf
nilai-x1_2026-03-02.csv
2026-03-02T07:00:00+07:00
-6.200000, 106.816666
+62 812-3456-7890
(021) 555-0199
Rp 1.500.000,-
3.75 / 4.00
100%
10 > 9 > 8
a = b = c
H2O + CO2 -> H2CO3
f(x) = 2x^2 + 3x - 5; f(2) = 9
sin(x)/cos(x) = tan(x)
E = mc^2
1/2 + 1/3 = 5/6
(a+b)(a-b) = a^2 - b^2
{x | x > 0}
|x - 3| < 5
:-) ;) <3
#merdeka #belajar
@guru_ani tolong cek ya
C++ / C# / .NET
Q&A
R&D; S&P
rock 'n' roll
5' 11"
'tis the season
"Laskar Pelangi" -- Andrea Hirata
Ayah: PNS; Ibu: -
N/A
null
None
true
-
--
...
???
*
=====
naik ke folder atas: cd ..
Diketahui p<q, q<r; buktikan p<r
while (i <= 10) { i++; }
def luas(p, l): return p * l
data = {'nama': 'Budi', 'nilai': [80, 90]}
UPDATE dan DELETE adalah perintah SQL yang mengubah data
Query: SELECT nama FROM siswa
Guru menulis "1 or 1=1" di papan tulis
<h1>Judul</h1><p>Isi tugas saya.</p>
Hello <b>Sir</b>, my homework &lt;attached&gt;
https://edu.example.id/kelas/7a/?page=2&order=-nilai
https://docs.google.com/document/d/1aBcD_efGh/edit?usp=sharing
/media/foto/siswa-12.jpg
C:\\Program Files\\Microsoft Office
tugas akhir [revisi 2].docx
laporan_pkl-final.v2.pdf
07:00-15.30 WIB
2026/2027
+62-21-7654321 ext. 12
Rp25.000/bulan
95,5; 88; 76,25
<= 75
5 x 3' = 15'
2NaOH + H2SO4 -> Na2SO4 + 2H2O
y = mx + c; m = 2; c = -1
log(100) = 2
a:b = 3:4
{1, 2, 3} ∪ {4}
x != 0 && y != 0
(^_^)/
#PPDB2026
cc: wali kelas; bcc: kepala sekolah
TCP/IP & HTTP/2
N°5
L'Oréal
Sa'at itu, "aku" berkata: 'ya'
6" x 4"
'Rindu' & 'Pulang'
Tenzin; Gyatso; 'Dalai'
S.Pd., M.M.
Tidak ada
undefined
False
0
'
"
;
&
()
""".strip("\n")


def halves(text: str) -> tuple[list[str], list[str]]:
    first, second = text.split("\n=====\n")
    return first.strip("\n").splitlines(), second.strip("\n").splitlines()


def filled(sentence: str) -> Iterator[str]:
    """The sentence with every name, subject and place in turn."""
    longest = max((len(options) for field, options in FILLERS.items() if "{" + field in sentence), default=1)
    for at in range(longest * 2):
        values = {field: options[at % len(options)] for field, options in FILLERS.items()}
        yield sentence.format(**values, name2=NAMES[(at + 7) % len(NAMES)], mail=f"siswa{at}@smpn1.sch.id")


FILLERS = {"name": NAMES, "subject": SUBJECTS, "place": PLACES}
WHERE = ("query", "body_form", "body_json", "cookie")


def documents(part: int) -> Iterator[str]:
    """JSON, tables and photos."""
    for at, (name, subject) in enumerate(itertools.product(NAMES, SUBJECTS)):
        if at % 2 != part:
            continue
        yield json.dumps({"nama": name, "mapel": subject, "nilai": [at, 80], "catatan": "baik; 'rajin'"})
        yield f"nis,nama,nilai\n10{at:02},{name},{at}\n1099,{subject},88"
        yield base64.b64encode(bytes((at * 31 + step * 17) % 256 for step in range(120))).decode()
        yield "data:image/png;base64," + base64.b64encode(bytes((at + step * 7) % 256 for step in range(90))).decode()


def all_of(part: int) -> list[tuple[str, str]]:
    """(place, value), each value once."""
    made = [value for sentence in halves(SENTENCES)[part] for value in filled(sentence)]
    values = dict.fromkeys([*made, *halves(SINGLES)[part], *documents(part)])
    return [(WHERE[at % len(WHERE)], value) for at, value in enumerate(values)]


TUNED = all_of(0)
HELD_OUT = all_of(1)
