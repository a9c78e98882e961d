"""Descriptions of the bundled data sets: content, source, changes and licence."""

HEART = """\
Heart disease at four hospitals
-------------------------------

920 patients examined for coronary artery disease, 13 features in five modalities
(NaN where missing):

- demographic: age (years), sex (1 male, 0 female)
- clinic: cp (type of chest pain: 1 typical angina, 2 atypical angina, 3 other pain,
  4 none), trestbps (resting blood pressure, mm Hg), chol (serum cholesterol, mg/dl),
  fbs (fasting blood sugar above 120 mg/dl)
- resting_ecg: restecg (0 normal, 1 ST-T abnormality, 2 left ventricular hypertrophy)
- exercise_test: thalach (maximum heart rate), exang (angina in exercise), oldpeak
  (ST depression), slope (of the ST segment: 1 up, 2 flat, 3 down)
- imaging: ca (number of major vessels coloured by fluoroscopy, 0 to 3), thal (thallium
  scan: 3 normal, 6 fixed defect, 7 reversible defect)

cp, restecg, slope and thal are codes of categories. The target is 0 (no disease, 411
patients) or 1 (disease, 509 patients), which is severity 1 to 4 of the source.

Patients, share with disease, and share of missing values by modality:

===========  ========  =======  ======  =============  =======
site         patients  disease  clinic  exercise_test  imaging
===========  ========  =======  ======  =============  =======
cleveland         303     0.46    0.00           0.00     0.01
hungary           294     0.36    0.03           0.16     0.95
switzerland       123     0.93    0.41           0.05     0.69
long_beach_va     200     0.74    0.15           0.33     0.91
===========  ========  =======  ======  =============  =======

resting_ecg lacks two values in all, demographic none. Rows are sorted by site.

Source: Janosi, A., Steinbrunn, W., Pfisterer, M. and Detrano, R. (1989). Heart Disease.
UCI Machine Learning Repository. https://doi.org/10.24432/C52P4X. The four "processed"
files.

Principal investigators:

- Andras Janosi, M.D., Hungarian Institute of Cardiology, Budapest
- William Steinbrunn, M.D., University Hospital, Zurich
- Matthias Pfisterer, M.D., University Hospital, Basel
- Robert Detrano, M.D., Ph.D., V.A. Medical Center, Long Beach and Cleveland Clinic
  Foundation

The donors ask that publications which use the data name them.

Changes: the four files were joined; "?" and -9 became NaN, and so did values of 0 for
cholesterol (172) and blood pressure (1), which are not physical; severity above 0 was
made the target.

Licence: Creative Commons Attribution 4.0 International (CC BY 4.0),
https://creativecommons.org/licenses/by/4.0/
"""

HANDWRITTEN = """\
Six views of handwritten digits
-------------------------------

2,000 handwritten numerals (200 of each digit 0 to 9) from a collection of Dutch utility
maps, digitised as binary images and described by six sets of features, 649 in all:

- fourier: 76 Fourier coefficients of the character shapes
- profile: 216 profile correlations (integers)
- karhunen: 64 Karhunen-Loeve coefficients
- pixels: 240 pixel averages in windows of 2 x 3 (integers 0 to 6), an image of 16 rows
  and 15 columns, row by row
- zernike: 47 Zernike moments
- morphology: 6 morphological features

Nothing is missing. Rows are sorted by digit: shuffle before splitting. The scales of
the views differ by several orders of magnitude: standardise.

Source: Duin, R. (1998). Multiple Features. UCI Machine Learning Repository.
https://doi.org/10.24432/C5HC70. The author, Robert P. W. Duin, was at Delft University
of Technology.

Changes: the six files were joined and the label, which the source gives by the order of
the rows, was added; the numbers are stored in a compressed form and come back as the
source prints them.

Licence: Creative Commons Attribution 4.0 International (CC BY 4.0),
https://creativecommons.org/licenses/by/4.0/
"""

NEWS = """\
Popularity of online news
-------------------------

9,874 articles of one online magazine, published 8 January to 15 July 2013, in eight
modalities:

- headline: the words of the article's address (raw text, 1 to 24 words)
- text_stats: 6 counts and shares of words of title and text
- links_media: 7 numbers of links, images and videos, and shares of linked articles
- keywords: 10 numbers: how many keywords there are, and how often earlier articles with
  these keywords were shared
- channel: 6 indicators of the section
- timing: 8 indicators of the day of the week and the weekend
- topics: 5 closenesses to topics of a latent Dirichlet allocation
- sentiment: 16 subjectivities and polarities of title and text

The target is 1 if the article was shared at least 1,400 times (5,658 articles), 0
otherwise (4,216). Nothing is missing. Rows are sorted by date. 62 % are popular from
January to April and 50 % from May to July; between the two, keywords drift strongly and
the other modalities little.

Source: Fernandes, K., Vinagre, P., Cortez, P. and Sernadela, P. (2015). Online News
Popularity. UCI Machine Learning Repository. https://doi.org/10.24432/C5NS3V.

Changes: only the articles of half a year out of two; the headline was made from the
address, with spaces for hyphens; columns were grouped into modalities; the date was
added; 1,400 shares or more were made the target; numbers are rounded to seven digits.

Licence: Creative Commons Attribution 4.0 International (CC BY 4.0),
https://creativecommons.org/licenses/by/4.0/
"""

CLOTHING = """\
Reviews of women's clothing
---------------------------

10,000 anonymised customer reviews of an online shop, in two modalities:

- text: title (missing in 13 % of the rows) and review, raw text
- table: age of the customer, positive_feedback_count (how many customers found the
  review helpful), division, department and class_name of the garment (categories)

The target is 1 if the customer recommends the garment (82 %), 0 if not. The table tells
next to nothing about it. The number of stars (`rating`) gives it away and is no
feature. `clothing_id` is the garment, to split by.

Source: nicapotato. Women's E-Commerce Clothing Reviews, published on Kaggle.

Changes: reviews without text or department and repeated texts were left out, and 10,000
of the other 22,621 were drawn at random.

Licence: CC0 1.0 Universal, public domain dedication,
https://creativecommons.org/publicdomain/zero/1.0/
"""
