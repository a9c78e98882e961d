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
