// Real minerals to learn from.
export const NAMES = `
acanthite actinolite adamite adularia aegirine agate albite alexandrite allanite almandine alunite amazonite amber amblygonite amethyst
analcime anatase andalusite andesine andradite anglesite anhydrite ankerite annabergite anorthite anthophyllite antigorite antlerite apatite
apophyllite aquamarine aragonite arfvedsonite arsenopyrite atacamite augite aurichalcite autunite aventurine axinite azurite baddeleyite
barite bastnasite bauxite benitoite beryl biotite bismuthinite bloedite bornite boulangerite bournonite braunite brazilianite brochantite
bronzite brookite brucite bustamite bytownite calamine calaverite calcite cancrinite carnallite carnelian carnotite cassiterite celadonite
celestine cerussite chabazite chalcanthite chalcedony chalcocite chalcopyrite chamosite charoite chert chlorargyrite chlorite chondrodite
chromite chrysoberyl chrysocolla chrysolite chrysoprase chrysotile cinnabar citrine clinochlore clinozoisite cobaltite colemanite coltan
columbite copiapite cordierite corundum covellite creedite cristobalite crocidolite crocoite cryolite cuprite cyanotrichite danburite datolite
descloizite diaspore dickite diopside dioptase dolomite dumortierite dyscrasite elbaite enargite enstatite epidote epsomite erythrite euclase
eudialyte euxenite fayalite ferberite fluorapatite fluorite forsterite franklinite freibergite gadolinite gahnite galena garnet garnierite
gaylussite gibbsite glauberite glauconite glaucophane goethite goshenite graphite grossular gypsum halite halloysite hambergite hanksite
harmotome hauyne hedenbergite heliodor heliotrope hematite hemimorphite herderite hessite heulandite hiddenite hornblende howlite huebnerite
humite hydrozincite hypersthene idocrase ilmenite inesite iolite jadeite jamesonite jarosite jasper kainite kaolinite kernite kieserite
kunzite kyanite labradorite lapis larimar laumontite lawsonite lazulite lazurite legrandite lepidolite leucite limonite linarite linnaeite
ludlamite magnesite magnetite malachite manganite marcasite margarite melanterite mendipite mesolite metacinnabar microcline microlite
millerite mimetite molybdenite monazite montmorillonite mordenite morganite muscovite nacrite natrolite nepheline neptunite niccolite
nosean obsidian okenite oligoclase olivenite olivine onyx opal orpiment orthoclase paragonite pectolite pentlandite periclase peridot
perovskite petalite phenakite phlogopite phosgenite phosphophyllite pigeonite plancheite polybasite polyhalite powellite prehnite proustite
psilomelane purpurite pyrargyrite pyrite pyrochlore pyrolusite pyromorphite pyrope pyrophyllite pyroxene pyrrhotite quartz realgar
rhodochrosite rhodolite rhodonite riebeckite rosasite ruby rutile samarskite sanidine sapphire sapphirine scapolite scheelite schorl
scolecite scorodite selenite sepiolite serpentine siderite sillimanite skutterudite smaragdite smithsonite sodalite spessartine sphalerite
spinel spodumene staurolite stephanite stibnite stilbite stilpnomelane strontianite sugilite sulfur sylvanite sylvite talc tantalite
tanzanite tennantite tenorite tephroite tetrahedrite thaumasite thomsonite thorite titanite topaz torbernite tourmaline tremolite tridymite
troilite turquoise tyuyamunite ulexite uraninite uvarovite vanadinite variscite vermiculite vesuvianite vivianite wavellite willemite
witherite wolframite wollastonite wulfenite wurtzite xenotime zincite zinnwaldite zircon zoisite
`
  .trim()
  .split(/\s+/);
